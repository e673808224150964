"""Which file holds which content: the bookkeeping behind following.

Contents of one followed name form a group, from the oldest to the newest. The law behind every decision here: bytes
that some content has consumed are never given to another one, and no file that was written since we began is left out.
"""

import contextlib
import glob
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from vedette.collect.followed import Key, followed
from vedette.collect.rotation import PACKED, candidates, family, order
from vedette.collect.tail import Place, Tail, find, key_of
from vedette.model.records import Json

TRIES: Final = 20
"""Looks at names that change while they are looked at."""
KEPT: Final = 4
"""Finished contents of one name that are remembered, to know their files again."""


class Contents:
    """All contents being followed.

    Attributes:
        groups: contents by followed name.
        began: time of the very first start, ns: what was rotated before is history.
        over: contents that ended before their end: (content, whether something unread is gone).
        settled: contents whose `settled` became True, which is worth making durable.
        forgotten: contents that need not be remembered any more.
        unsettled: True when names changed all the time: scan again soon.
        left_out, packed: files not followed: beyond `most`, and compressed.
        refused: by name, why files and directories cannot be looked at now.
    """

    def __init__(self, paths: list[str], most: int, *, late: float, settle: float, clock: Callable[[], float]) -> None:
        self._paths, self._most = paths, most
        self._late, self._settle, self._clock = late, settle, clock
        self.groups: dict[str, list[Tail]] = {}
        self.began = 0
        self.folders: set[str] = set()
        self.over: list[tuple[Tail, bool]] = []
        self.settled: list[Tail] = []
        self.forgotten: list[Tail] = []
        self.left_out = self.packed = 0
        self.refused: dict[str, OSError] = {}
        self.unsettled = False

    def all(self) -> list[Tail]:
        """Every content."""
        return [tail for group in self.groups.values() for tail in group]

    def live(self) -> list[tuple[Tail, Place]]:
        """Those that are not read to their end for good, with their open files."""
        return [(tail, tail.place) for tail in self.all() if tail.place is not None and not tail.done]

    def resume(self, positions: Mapping[str, Json]) -> None:
        """Find the content of every stored position, wherever it is now."""
        tails = [Tail.load(source, position) for source, position in positions.items()]
        for tail in sorted(tails, key=lambda t: t.generation):
            self.groups.setdefault(tail.path, []).append(tail)
        present = list(self._present())
        # Files that still are where they were first, then the contents that are told apart best: one of which only a
        # common first line was read would be found in the file of another.
        waiting = [tail for tail in self.all() if not tail.done]
        for tail in waiting:
            files = [tail.file, *present, *candidates(tail.path), *candidates(tail.file)]
            place = find(tail, [f for f in files if key_of(f) == tail.key], self._taken())
            if place is not None:
                tail.bind(place)
        for tail in sorted([t for t in waiting if t.place is None], key=lambda t: -t.offset):
            place = self._search(tail, self._taken(), present)
            if place is None:
                self._end(tail, unread=not tail.resting)
            else:
                tail.bind(place)
        for tail, _ in self.live():
            self._rewritten(tail)

    def skip_to_end(self) -> list[Tail]:
        """Begin behind what is there already."""
        found = [new for path in self._present() if (new := self._new(path)) is not None]
        for tail in found:
            tail.jump(tail.place_size())
            tail.decided = True
        return found

    def finished(self, tail: Tail) -> bool:
        """True when nobody will write to it any more."""
        if tail.rotated is None or tail.place is None:
            return False
        if tail.copy or tail.place.packed:
            return True
        return self._clock() - max(tail.rotated, tail.grew) >= self._late

    def scan(self, *, names: bool) -> None:
        """Bring everything up to date. `names`: names may lead to other files than at the last scan."""
        present = self._present()
        for tail, _ in self.live():
            if not tail.unchanged() and not tail.intact():
                self._truncated(tail)
        if names:
            for tail, _ in self.live():
                if tail.decided and tail.offset and tail.rotated is None:
                    self._rewritten(tail)
        here = set()
        for path, key in present.items():
            owner = next((tail for tail, place in self.live() if place.key == key), None) or self._new(path)
            if owner is not None:
                owner.file = path
                here.add(id(owner))
        if names:
            fixed = {path for path in self._paths if not glob.has_magic(path)}
            for path in {*self.groups, *fixed} - present.keys():
                self._older(path)
            for tail, _ in self.live():
                if not tail.offset and tail.rotated is None:
                    self._older(tail.path, tail)
        # A truncation between our last look and our first read shows only now.
        for tail, _ in self.live():
            if tail.offset and not tail.settled:
                self._older(tail.path, tail)
                tail.settled = not self.unsettled
                if tail.settled:
                    self.settled.append(tail)
        for tail in self.all():
            if id(tail) in here:
                tail.rotated = None
            elif tail.rotated is None:
                tail.rotated = self._clock()
        for tail, place in self.live():
            if not tail.decided:
                self._decide(tail, place)
        self._forget(present)

    def _present(self) -> dict[str, Key]:
        files, self.folders, refused = followed(self._paths)
        # While it is rotated there may be no file of a name for a moment: that one is known.
        self.refused = {path: error for path, error in refused.items() if path not in self.groups}
        known = {place.key for _, place in self.live()}
        extra = [path for path, key in files.items() if key not in known][max(0, self._most - len(known)) :]
        self.left_out = len(extra)
        for path in extra:
            del files[path]
        return files

    def _new(self, path: str) -> Tail | None:
        """Begin a content that nobody owns; what came between it and the last known one of that name goes first."""
        try:
            place = Place(path)
        except OSError as error:
            self.refused[path] = error
            return None
        if place.packed or place.key in self._taken():
            place.close()
            self.packed += bool(place.packed)
            return None
        tail = Tail(path, place)
        self._older(path, tail)  # its file may have been rotated since it was opened, and is not older than itself
        self.groups.setdefault(path, []).append(tail)
        return tail

    def _older(self, path: str, before: Tail | None = None) -> None:
        """Begin what had the name `path` for a while when nobody looked; it goes before the tail `before`."""
        group = self.groups.get(path, [])
        index = group.index(before) if before in group else len(group)
        earlier = group[:index]
        for _ in range(TRIES):
            names = _names(path)
            places = _open(self._between(earlier, path, before))
            if _names(path) == names:
                break
            for place in places:  # a rotation is under way: what a name said is not so any more
                place.close()
        else:
            self.unsettled = True
            return
        for place in places:
            older = Tail(path, place)
            older.decided = older.settled = True
            older.rotated = self._clock()
            self.groups.setdefault(path, []).insert(index, older)
            index += 1

    def _between(self, earlier: list[Tail], path: str, before: Tail | None) -> list[str]:
        """Rotated forms of `path` written after the contents `earlier` and before `before`, oldest first."""
        taken = self._taken() | ({before.key} if before else set())
        files = [f for f in family(path) if key_of(f) not in taken]
        files = [f for f in files if not (f.endswith(PACKED) and f.rpartition(".")[0] in files)]
        if not files:
            return []
        for last in reversed(earlier):
            found = find(last, [last.file, *family(path)], taken - {last.key})
            if found is not None:
                found.close()
                ordered = order(path, [*{*files, found.path}])
                files = ordered[ordered.index(found.path) + 1 :]
                break
        else:
            since = max([self.began, *(tail.changed_ns for tail in earlier)])
            files = [f for f in order(path, files) if _changed(f) >= since]
        if before and before.place and (own := [f for f in family(path) if key_of(f) == before.key]):
            ordered = order(path, [*files, own[0]])
            files = ordered[: ordered.index(own[0])]
        return [f for f in files if not self._known(f)]

    def _known(self, path: str) -> bool:
        """True when a file holds nothing but what some content consumed or is going to."""
        try:
            place = Place(path)
        except OSError:
            return True
        try:
            return any(tail.is_copied_in(place) for tail in self.all())
        except OSError:
            return True
        finally:
            place.close()

    def _decide(self, new: Tail, place: Place) -> None:
        """Is a new file a content of its own, or the copy of one that we follow?"""
        size = new.place_size()
        if size == 0:
            if self.finished(new):
                self._drop(new)
            return
        if size != new.size:
            new.size, new.grew = size, self._clock()
        for tail, original in self.live():
            if tail is new or not tail.decided or not tail.head:
                continue
            info = original.stat()
            if info.st_size < tail.offset and not original.packed:
                return  # truncated this moment: the next round binds it to its copy, which may be this one
            if info.st_nlink == 0 and tail.goes_on_in(place):
                tail.bind(place)  # the file was replaced by one that goes on where it was
                tail.rotated = None
                self._drop(new, close=False)
                return
            if tail.is_copied_in(place):
                return  # a copy, until it has a life of its own
            elsewhere = tail.rotated is None and tail.file != new.path
            growing = size < tail.offset and self._clock() - new.grew < self._settle
            if elsewhere and growing and tail.head.startswith(place.peek(0, len(tail.head))):
                return  # so far it may be a copy in the making
        # What was copied and truncated before we read a byte of it left no other trace than the copy.
        self._older(new.path, new)
        new.decided = True

    def _truncated(self, tail: Tail) -> None:
        """Go on in the copy that was made before the truncation, or give up the rest."""
        if not tail.decided:
            self._drop(tail)
            return
        taken = {place.key for other, place in self.live() if other.decided}
        place = self._search(tail, taken)
        if place is None:
            self._end(tail, unread=tail.size > tail.offset)
        else:
            self._move(tail, place)

    def _rewritten(self, tail: Tail) -> None:
        """Was it truncated and written anew with the same beginning? Then a copy holds how it really went on."""
        taken = self._taken()
        relatives = family(tail.path)
        files = [f for f in relatives if key_of(f) not in taken and _changed(f) >= tail.changed_ns]
        ordered = order(tail.path, [*files, tail.file] if tail.file in relatives else files)
        for path in ordered[: ordered.index(tail.file)] if tail.file in ordered else ordered:
            place = find(tail, [path], taken)
            if place is None:
                continue
            if not self._known(path):
                self._move(tail, place)
                return
            place.close()

    def _search(self, tail: Tail, taken: set[Key], also: list[str] | None = None) -> Place | None:
        """The content of `tail` in any file around; looks again when a rotation is under way meanwhile."""
        for _ in range(TRIES):
            files = [tail.file, *(also or []), *candidates(tail.path), *candidates(tail.file)]
            names = {path: key_of(path) for path in files}
            place = find(tail, files, taken)
            if place is not None:
                return place
            if names == {path: key_of(path) for path in [*files, *candidates(tail.path), *candidates(tail.file)]}:
                return None
        return None

    def _move(self, tail: Tail, place: Place) -> None:
        """Go on in the copy `place`, which nobody writes to."""
        for twin, other in self.live():
            if twin is not tail and not twin.decided and other.key == place.key:
                self._drop(twin)
        tail.bind(place)
        tail.copy = True
        tail.rotated = self._clock()

    def _end(self, tail: Tail, *, unread: bool) -> None:
        tail.finish()
        self.over.append((tail, unread))

    def _drop(self, tail: Tail, *, close: bool = True) -> None:
        if close and tail.place:
            tail.place.close()
        self.groups[tail.path].remove(tail)

    def _forget(self, present: Mapping[str, Key]) -> None:
        """Let go of finished contents that have successors enough, or whose name and rotated forms are all gone."""
        for path, group in list(self.groups.items()):
            gone = path not in present and path not in self._paths and all(tail.done for tail in group)
            for tail in group if gone and not family(path) else group[: -KEPT - 1]:
                if not tail.done:
                    break  # what came after it must be known as long as it is looked for by it
                self.forgotten.append(tail)
            group[:] = [tail for tail in group if tail not in self.forgotten]
            if not group:
                del self.groups[path]

    def _taken(self) -> set[Key]:
        return {place.key for _, place in self.live()}


def _names(path: str) -> dict[str, Key]:
    return {name: key_of(name) for name in [path, *family(path)]}


def _open(names: list[str]) -> list[Place]:
    places = []
    for name in names:
        with contextlib.suppress(OSError):
            places.append(Place(name))
    return places


def _changed(path: str) -> int:
    try:
        return Path(path).stat().st_mtime_ns
    except OSError:
        return 0
