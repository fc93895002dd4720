"""The names of a fit's terms as one reads them; desktop.text.translate.term looks them up."""

from desktop.text.translate import QT_TR_NOOP

TERM_NAMES = (
    QT_TR_NOOP("keypoints"),
    QT_TR_NOOP("pose prior"),
    QT_TR_NOOP("hinges"),
    QT_TR_NOOP("limits"),
    QT_TR_NOOP("upright"),
    QT_TR_NOOP("shape"),
    QT_TR_NOOP("stay near"),
    QT_TR_NOOP("wishes"),
)
