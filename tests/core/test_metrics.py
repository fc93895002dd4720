"""Metrics against values that can be worked out by hand, and the invariances that define them."""

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from core.metrics import auc, mpjpe_mm, pa_mpjpe_mm, pck, procrustes_align, pve_mm

RNG = np.random.default_rng(0)


def bodies(count: int = 5, points: int = 17) -> np.ndarray:
    return RNG.normal(size=(count, points, 3))


def moved(points: np.ndarray) -> np.ndarray:
    """Each sample under a similarity of its own."""
    turns = Rotation.random(len(points), rng=1).as_matrix()
    scales, shifts = RNG.uniform(0.2, 4, (len(points), 1, 1)), RNG.normal(size=(len(points), 1, 3))
    return scales * np.einsum("bij,bnj->bni", turns, points) + shifts


def test_mpjpe_is_the_mean_distance_in_millimetres_after_the_roots_meet():
    truth = bodies()
    predicted = truth + np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(mpjpe_mm(predicted, truth), 0, atol=1e-9)
    predicted[:, 1] += [0.0, 0.0, 0.017]
    np.testing.assert_allclose(mpjpe_mm(predicted, truth), np.full(5, 1.0), atol=1e-9)


def test_mpjpe_without_a_root_compares_points_where_they_stand():
    truth = bodies()
    np.testing.assert_allclose(mpjpe_mm(truth + np.array([0.003, 0.004, 0]), truth, root=()), np.full(5, 5.0))


def test_mpjpe_about_both_hips_takes_their_middle_as_root():
    truth = bodies()
    predicted = truth.copy()
    predicted[:, 2, 0] += 0.01
    predicted[:, 3, 0] -= 0.01
    np.testing.assert_allclose(mpjpe_mm(predicted, truth, root=(2, 3)), np.full(5, 20 / 17))


def test_an_invisible_point_counts_for_nothing_even_when_it_is_nan():
    truth, visible = bodies(), np.ones((5, 17), dtype=bool)
    visible[:, 4] = False
    predicted = truth + RNG.normal(size=truth.shape) * 0.05
    kept = np.delete(predicted, 4, axis=1), np.delete(truth, 4, axis=1)
    truth[:, 4] = np.nan
    for metric in (mpjpe_mm, pa_mpjpe_mm, pck, auc):
        np.testing.assert_allclose(
            metric(predicted, truth, visible=visible), metric(*kept), err_msg=str(metric)
        )


def test_a_sample_without_visible_points_has_no_error():
    truth = bodies(2)
    visible = np.array([[True] * 17, [False] * 17])
    for metric in (mpjpe_mm, pa_mpjpe_mm, pck):
        result = metric(truth, truth, visible=visible)
        assert np.isfinite(result[0])
        assert np.isnan(result[1])


def test_procrustes_undoes_any_turn_move_and_scale():
    truth = bodies()
    np.testing.assert_allclose(procrustes_align(moved(truth), truth), truth, atol=1e-12)
    np.testing.assert_allclose(pa_mpjpe_mm(moved(truth), truth), 0, atol=1e-9)


def test_pa_mpjpe_does_not_depend_on_how_the_prediction_is_placed():
    truth = bodies()
    predicted = truth + 0.1 * RNG.normal(size=truth.shape)
    np.testing.assert_allclose(pa_mpjpe_mm(moved(predicted), truth), pa_mpjpe_mm(predicted, truth))


def test_two_points_have_no_pa_mpjpe_as_any_two_can_be_laid_upon_them():
    predicted, truth = bodies(3), bodies(3)
    visible = np.ones(truth.shape[:2])
    visible[0, 2:] = 0
    visible[1, 3:] = 0
    assert np.isnan(pa_mpjpe_mm(predicted, truth, visible)).tolist() == [True, False, False]


def test_procrustes_never_mirrors():
    truth = bodies()
    mirrored = truth * [-1.0, 1.0, 1.0]
    assert (pa_mpjpe_mm(mirrored, truth) > 100).all()
    aligned = procrustes_align(mirrored, truth)
    volumes = [np.linalg.det(points[:, 1:4] - points[:, :1]) for points in (mirrored, aligned)]
    assert (np.sign(volumes[0]) == np.sign(volumes[1])).all()


def test_procrustes_agrees_with_scipy_on_the_rotation():
    truth, predicted = bodies(1), bodies(1)
    turn, _ = Rotation.align_vectors(truth[0] - truth[0].mean(0), predicted[0] - predicted[0].mean(0))
    aligned = procrustes_align(predicted, truth)[0]
    turned = turn.apply(predicted[0] - predicted[0].mean(0))
    scale = (aligned - aligned.mean(0))[0] / turned[0]
    np.testing.assert_allclose(scale, np.full(3, scale[0]))


@pytest.mark.parametrize("flat", [0, 1, 2])
def test_procrustes_stays_finite_on_points_a_line_and_a_plane(flat):
    truth = bodies()
    predicted = truth * (np.arange(3) < flat)
    assert np.isfinite(procrustes_align(predicted, truth)).all()
    assert np.isfinite(procrustes_align(truth, predicted)).all()


def test_pve_compares_vertices_relative_to_each_pelvis():
    truth = bodies(2, 300)
    predicted = truth + np.array([0.1, 0, 0])
    np.testing.assert_allclose(pve_mm(predicted, truth), np.full(2, 100.0))
    pelvis = truth[:, 0]
    np.testing.assert_allclose(pve_mm(predicted, truth, pelvis + np.array([0.1, 0, 0]), pelvis), 0, atol=1e-9)


def test_pck_counts_points_nearer_than_its_threshold():
    truth = np.zeros((1, 4, 3))
    predicted = truth.copy()
    predicted[0, :, 0] = [0.0, 0.149, 0.151, 0.4]
    assert pck(predicted, truth).tolist() == [0.5]
    assert pck(predicted, truth, threshold_mm=200).tolist() == [0.75]


def test_auc_is_the_mean_pck_over_its_thresholds():
    truth = np.zeros((1, 2, 3))
    predicted = truth.copy()
    predicted[0, 1, 1] = 0.0749
    # The root is right at 30 of 31 thresholds (not below 0), the other point from 75 to 150 mm: 16.
    assert auc(predicted, truth)[0] == pytest.approx((30 + 16) / 62)


def test_metrics_take_the_read_only_arrays_of_records():
    truth = bodies()
    truth.flags.writeable = False
    assert mpjpe_mm(truth, truth).tolist() == [0] * 5


def test_numpy_gives_numpy_and_torch_gives_torch_with_the_same_values():
    truth, predicted = bodies(), bodies()
    for metric in (mpjpe_mm, pa_mpjpe_mm, pve_mm, pck, auc, procrustes_align):
        of_numpy = metric(predicted, truth)
        of_torch = metric(torch.tensor(predicted), torch.tensor(truth))
        assert isinstance(of_numpy, np.ndarray)
        assert isinstance(of_torch, torch.Tensor)
        np.testing.assert_allclose(of_numpy, of_torch.numpy())
