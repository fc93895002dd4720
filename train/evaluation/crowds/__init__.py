"""How good a network is on the field's photos of crowds: OCHuman, CrowdPose, and 3DPW's crowded frames."""
