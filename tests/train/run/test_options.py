"""What a training is told: one merge of the command line, the run's config.json and defaults, and what it refuses."""

from pathlib import Path

import pytest

from core.errors import FitloopError
from train.methods.lifter.method import METHOD as LIFTER
from train.methods.posenet3d.method import METHOD as POSENET3D
from train.methods.spin.method import METHOD as SPIN
from train.run.method_record import Plan
from train.run.options import as_stored, fields_of, merge, parse, stored_plan
from train.run.training import run_command


def told(words: str, stored: dict | None = None, method=SPIN, processes: int = 1) -> Plan:
    """The plan of a command line, of a new run or of one that was begun with `stored`."""
    return merge(method, parse(method, words.split()), stored, processes)


def begun(words: str, method=SPIN) -> dict:
    """The config.json of a run that was begun with a command line."""
    return {"method": method.name, **as_stored(told(f"--run runs/first {words}", method=method))}


class TestLength:
    @pytest.mark.parametrize(
        ("words", "length"),
        [
            ("", (None, 50)),
            ("--steps 250", (250, None)),
            ("--steps 250 --epochs 3", (250, 3)),
            ("--epochs 0", (None, None)),
        ],
    )
    def test_a_run_ends_after_the_steps_that_were_said_in_however_many_epochs(self, words, length):
        options = told(f"--fits x.npz {words}").options
        assert (options.steps, options.epochs) == length

    @pytest.mark.parametrize(
        ("words", "before", "length"),
        [("--steps 250", "--epochs 50", (250, None, None)), ("--epochs 60", "--steps 250", (None, 60, None)),
         ("", "--steps 250 --epochs 3", (250, 3, None)), ("--minutes 5", "--steps 250", (None, None, 5))],
    )  # fmt: skip
    def test_a_run_goes_on_for_as_long_as_was_said_last(self, words, before, length):
        options = told(f"--run runs/first --resume {words}", begun(f"--fits x.npz {before}")).options
        assert (options.steps, options.epochs, options.minutes) == length

    def test_the_lifter_learns_by_the_clock_unless_steps_are_said(self):
        assert told("--poses x.npz --out x", method=LIFTER).options.minutes == 45
        assert told("--poses x.npz --out x --steps 9", method=LIFTER).options.minutes is None


class TestMerge:
    def test_what_is_said_now_comes_before_what_a_run_was_begun_with_and_that_before_defaults(self):
        plan = told(
            "--run runs/first --resume --save-minutes 1", begun("--fits x.npz --save-minutes 9 --log-every 3")
        )
        assert (plan.options.save_minutes, plan.options.log_every, plan.options.device) == (1, 3, "cpu")
        assert plan.own.fits == Path("x.npz").resolve()

    @pytest.mark.parametrize(
        ("method", "words"),
        [(SPIN, "--data a=a.npz --seed 3 --loss-pose 2 --augment-flip 0 --no-fits --without-truth"),
         (LIFTER, "--poses x.npz --splits train val --width 32 --start y"),
         (POSENET3D, "--data a.fitloop b.json --share-student 0.4 --teacher-bones 2 --start lifter")],
    )  # fmt: skip
    def test_a_run_that_goes_on_has_the_plan_that_it_was_begun_with(self, method, words):
        plan = told(f"--run runs/first {words}", method=method)
        stored = {"method": method.name, **as_stored(plan)}
        again = stored_plan(method, stored, Path("runs/first"))
        assert as_stored(again) == as_stored(plan)
        assert again.config == plan.config
        assert all(isinstance(path, Path) for path in getattr(again.own, "data", ()) if method is POSENET3D)

    def test_where_one_data_sets_photos_are_now_leaves_the_others_where_they_were(self):
        before = begun("--data a=a.npz --data b=b.npz --data-photos a=/old/a --data-photos b=/old/b")
        plan = told("--run runs/first --resume --data-photos b=/new/b", before)
        assert dict(plan.own.data_photos) == {"a": Path("/old/a"), "b": Path("/new/b")}

    def test_the_frame_of_a_data_set_stays_what_it_was_when_a_run_goes_on(self):
        before = begun("--data a=a.npz --frame photo")
        assert told("--run runs/first --resume", before).own.frame == "photo"
        with pytest.raises(FitloopError, match="was started with another --frame"):
            told("--run runs/first --resume --frame crop", before)

    def test_a_run_of_an_older_version_has_no_method_and_no_minutes_and_goes_on(self):
        stored = begun("--fits x.npz --steps 7")
        del stored["method"], stored["options"]["minutes"]
        assert told("--run runs/first --resume", stored).options.steps == 7

    @pytest.mark.parametrize("method", [SPIN, LIFTER, POSENET3D])
    def test_every_option_says_what_it_is(self, method):
        named = {name for record in (method.own, method.config) for name, _, _ in fields_of(record)}
        assert named - method.switches.keys() == method.help.keys()


REFUSED = {
    "": "nothing to train on. Give --fits",
    "--fits x.npz --resume": "Give --run FOLDER",
    "--fits x.npz --photos y --run r --guess a --mean-params x": "starts all of the network: leave out --mean-params",
    "--fits x.npz --guess a --backbone-weights x": "starts all of the network: leave out --backbone-weights",
    "--data a=x.npz --photos y": "--photos: is for --fits, which is not given",
    "--fits x.npz --loss-openpose 1": "--loss-openpose: is for --data, which is not given",
    "--fits x.npz --without-truth": "--without-truth: is for --data",
    "--fits x.npz --frame photo": "--frame: is for --data",
    "--data a=x.npz --data a=y.npz": "--data a: is given twice",
    "--data a=x.npz --data-photos b=y": "--data-photos b: no --data has this name. Named are: a",
    "--fits x.npz --batch 0": "there must be somebody in it",
    "--fits x.npz --accumulate 0": "there must be a piece",
    "--fits x.npz --accumulate 3": "Choose a multiple of 3",
}


class TestRefused:
    @pytest.mark.parametrize(("words", "why"), REFUSED.items())
    def test_options_that_do_not_go_together(self, words, why):
        with pytest.raises(FitloopError, match=why):
            told(words)

    def test_several_processes_without_one_folder_or_with_a_batch_that_they_cannot_share(self):
        with pytest.raises(FitloopError, match="several processes need one folder"):
            told("--fits x.npz", processes=2)
        with pytest.raises(FitloopError, match="cannot be shared by 3 processes"):
            told("--fits x.npz --run r", processes=3)

    @pytest.mark.parametrize(
        "other", ["--learning-rate 0.1", "--no-fits", "--fits y.npz", "--body y.npz", "--guess y", "--mean-params y",
                  "--backbone-weights y"]
    )  # fmt: skip
    def test_another_config_data_or_start_than_a_run_was_begun_with(self, other):
        flag = {"--no-fits": "--mode"}.get(other, other.split()[0])
        with pytest.raises(FitloopError, match=f"was started with another {flag}"):
            told(f"--run runs/first --resume {other}", begun("--fits x.npz"))

    def test_what_may_change_and_what_stays_the_same_is_not_refused(self):
        words = "--accumulate 2 --photos y --device cuda --fits x.npz --learning-rate 5e-5"
        plan = told(f"--run runs/first --resume {words}", begun("--fits x.npz"))
        assert (plan.config.accumulate, plan.options.device) == (2, "cuda")

    @pytest.mark.parametrize("part", ["options", "config"])
    def test_a_run_with_an_option_that_this_version_does_not_have(self, part):
        stored = begun("--fits x.npz")
        stored[part]["colour"] = 1
        with pytest.raises(FitloopError, match=r"config\.json: has colour"):
            told("--run runs/first --resume", stored)

    def test_a_run_of_another_method(self):
        with pytest.raises(FitloopError, match="is a run of spin, not of lifter"):
            told("--run runs/first --resume", begun("--fits x.npz"), method=LIFTER)

    def test_a_lifter_without_poses_and_truth_without_anything_to_measure(self):
        with pytest.raises(FitloopError, match="Give --poses"):
            told("--out x", method=LIFTER)
        with pytest.raises(FitloopError, match="--truth: is for --evaluate"):
            told("--poses x.npz --truth y", method=LIFTER)

    def test_in_one_line_before_any_work(self, capsys):
        assert run_command(SPIN, ["--resume"]) == 1
        assert capsys.readouterr().err == "--resume goes on with the run of a folder. Give --run FOLDER.\n"
