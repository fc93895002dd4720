"""PoseNet3D: a teacher lifts 2D to 3D and never sees 3D; a student, a lifter, learns from the teacher."""
