"""A run's numbers over time are lines of JSON, and events that TensorBoard can read."""

from pathlib import Path

from train.run.metrics_log import EventFile, MetricsLog, masked_crc, read_metrics


def losses(folder: Path) -> list[object]:
    return [line["loss"] for line in read_metrics(folder)]


def test_metrics_after_the_checkpoint_are_taken_back(tmp_path):
    log = MetricsLog(tmp_path)
    for step in range(1, 6):
        log.write(step, {"loss": float(step)})
    log.close()
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 6, "lo')  # a power failure
    MetricsLog(tmp_path, step=3).close()
    assert losses(tmp_path) == [1.0, 2.0, 3.0]


class TestEvents:
    def test_checksums_are_those_of_crc32c(self):
        """The check value of CRC-32C for '123456789' is 0xE3069283, here turned and shifted as TFRecords do."""
        crc = 0xE3069283
        assert masked_crc(b"123456789") == (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF

    def test_records_hold_name_step_and_value(self, tmp_path):
        file = EventFile(tmp_path / "events")
        file.write(300, {"loss": 1.5})
        file.close()
        data = (tmp_path / "events").read_bytes()
        length = int.from_bytes(data[:8], "little")
        second = data[16 + length + 12 :]
        assert b"\x10\xac\x02" in second  # field 2, varint: step 300
        assert b"\n\x04loss\x15\x00\x00\xc0?" in second  # tag 'loss', float 1.5
