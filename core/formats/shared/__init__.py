"""Parts shared by several formats: reports, people, layouts by keypoint names, photo folders, crop frames."""
