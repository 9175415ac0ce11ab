"""Paths that exist only where steps run."""

from noria.elsewhere import files_elsewhere, is_elsewhere


def test_only_below_the_named_folders_and_only_in_the_block():
    assert not is_elsewhere("/data/graph")
    with files_elsewhere(["/data"]) as elsewhere:
        assert is_elsewhere("/data/graph")
        assert is_elsewhere("/data")
        assert not is_elsewhere("/database")
        assert not is_elsewhere("")
    assert [str(path) for path in elsewhere.asked] == ["/data/graph", "/data"]
    assert not is_elsewhere("/data/graph")
