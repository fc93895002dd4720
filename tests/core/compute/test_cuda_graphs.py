"""Work that is recorded on a GPU says what it says when it is done directly. Sizes are checked anywhere."""

import pytest
import torch
from torch import Tensor

from core.compute.cuda_graphs import Rowwise, _fused, filled, fusing, rounded, size_for

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU is here")


def add_and_scale(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    return first + second, first * second[:, :1]


def no_compiler(*_: object, **__: object) -> None:
    raise RuntimeError("no compiler is here\n\nSet TORCHDYNAMO_VERBOSE=1 for more")


def test_few_sizes_serve_any_batch_and_at_most_a_third_of_the_rows_is_nobodys():
    sizes = {batch: rounded(batch) for batch in range(1, 5000)}
    assert all(batch <= size <= 1.5 * batch for batch, size in sizes.items())
    assert len(set(sizes.values())) < 40
    assert [sizes[batch] for batch in (1, 2, 45, 64, 65, 4096)] == [1, 2, 48, 64, 96, 4096]


def test_rows_are_filled_up_with_the_first():
    assert filled(torch.tensor([[3.0], [4.0]]), 4).flatten().tolist() == [3, 4, 3, 3]


def test_what_is_compiled_serves_all_smaller_batches_and_nothing_else_does():
    assert [size_for(rows, [64, 256]) for rows in (61, 64, 65)] == [64, 64, 96]
    with fusing():
        assert [size_for(rows, [256, 64]) for rows in (3, 61, 65, 300)] == [64, 64, 256, 384]
    assert size_for(3, [64]) == 3


def test_on_a_processor_a_function_of_rows_is_just_called():
    first, second = torch.rand(3, 2), torch.rand(3, 2)
    for one, other in zip(Rowwise(add_and_scale)(first, second), add_and_scale(first, second), strict=True):
        assert torch.equal(one, other)


@needs_gpu
def test_a_recorded_function_of_rows_forgets_what_it_was_called_with_before():
    recorded = Rowwise(add_and_scale)
    for rows in (5, 7, 5, 300, 1):
        first, second = torch.rand(2, rows, 2, device="cuda")
        results = recorded(first, second)
        recorded(second, second)
        for one, other in zip(results, add_and_scale(first, second), strict=True):
            assert torch.equal(one, other)


def test_where_no_compiler_is_the_work_goes_on_as_it_is_and_one_line_says_why(monkeypatch, caplog):
    monkeypatch.setattr(torch, "compile", no_compiler)
    done = []
    work = _fused(lambda: done.append(1))
    work()
    assert len(done) == 2  # once to make its constants
    assert [line.getMessage() for line in caplog.records] == [
        "Not fused for the GPU, so training takes longer: RuntimeError: no compiler is here"
    ]


@needs_gpu
@pytest.mark.parametrize("compiles", [True, False])
def test_a_fused_function_of_rows_says_the_same_and_so_does_one_that_no_compiler_takes(
    compiles, monkeypatch, caplog
):
    if not compiles:
        monkeypatch.setattr(torch, "compile", no_compiler)
    fused = Rowwise(add_and_scale)
    with fusing():
        for rows in (5, 3):
            first, second = torch.rand(2, rows, 2, device="cuda")
            for one, other in zip(fused(first, second), add_and_scale(first, second), strict=True):
                torch.testing.assert_close(one, other)
    assert ("Not fused" in caplog.text) != compiles
