"""Bodies, fits and guesses as records and pure functions: torch and numpy, no window, usable from any script.

records    one person, one photo, frozen     metrics   MPJPE, PA-MPJPE, PVE, PCK, AUC in millimetres
geometry/  rotations, cameras, images        body/     layouts, body files, posing, fast keypoints
compute/   CUDA graphs, machine code         files/    bounded readers, whole-file writes, locks
fitting/   keypoints -> steps -> fit         networks/ photo or keypoints -> guess
store/     project file, fits dictionary     formats/ and detect/  one small file a format, a detector
Imports run down: records, metrics, geometry -> compute, files -> body -> fitting, networks -> store -> formats, detect.
Shapes: B batch, K keypoints, J joints (24), V vertices, F faces, R residuals, D parameters, P people.
Frames: a photo's camera has x right, y down, z forward [m]; a crop's is that of a 5000 px camera looking at
the middle of a 224 px crop, and lives only where networks begin. Pixel i covers [i, i + 1).
"""
