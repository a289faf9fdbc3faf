"""The `where` command: the cache folder."""

from pipeline.storage.cache import find_cache
from pipeline.terminal.console import CacheDir, Console, Json


def where(cache_dir: CacheDir = None, json: Json = False) -> None:
    """Print the cache folder, which has all datasets and runs."""
    console, cache = Console(json), find_cache(cache_dir)
    console.say(f"{cache.root}  (chosen by {cache.rule})")
    console.result({"path": str(cache.root), "rule": cache.rule})
