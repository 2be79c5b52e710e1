from pathlib import Path
from zipfile import ZipFile

from local.bench.packages import zipped_bytes


def test_a_zip_holds_every_file_by_its_path_in_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "layer"
    (folder / "python" / "package").mkdir(parents=True)
    (folder / "python" / "package" / "module.py").write_text("x = 1\n" * 1000)

    size = zipped_bytes(folder)

    with ZipFile(tmp_path / "layer.zip") as zipped:
        assert zipped.namelist() == ["python/package/module.py"]
    assert 0 < size < 6000
