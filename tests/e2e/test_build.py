"""What `make build` needs is there on a machine that has nothing of the tests."""
import subprocess

from e2e.support.server import ROOT


def test_the_build_needs_no_library_of_the_tests(tmp_path):
    without = [f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in ("GTest", "benchmark")]
    configured = subprocess.run(["cmake", "-S", ROOT, "-B", tmp_path, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DGATEHOUSE_TESTS=OFF", *without],
                                capture_output=True, text=True)
    assert configured.returncode == 0, configured.stderr
