"""Texts of core's format table, for translators; tr() looks them up."""

from desktop.text.translate import QT_TR_NOOP

FORMAT_TEXTS = (
    QT_TR_NOOP("&Export as COCO…"),
    QT_TR_NOOP("Export as SP&IN…"),
    QT_TR_NOOP("Export as EF&T…"),
    QT_TR_NOOP("Export para&meters…"),
    QT_TR_NOOP("Export mes&hes…"),
    QT_TR_NOOP("COCO keypoints"),
    QT_TR_NOOP("SPIN data set"),
    QT_TR_NOOP("EFT fits"),
    QT_TR_NOOP("SMPL parameters"),
    QT_TR_NOOP("Meshes"),
    QT_TR_NOOP("Export as A&GORA…"),
    QT_TR_NOOP("AGORA predictions"),
    QT_TR_NOOP("AMASS, SMPL-H"),
    QT_TR_NOOP("AMASS, SMPL-X"),
    QT_TR_NOOP("BVH motion"),
    QT_TR_NOOP("Animated glTF"),
)
