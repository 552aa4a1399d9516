"""Large bodies, of which only so many bytes are in memory at once.

A hundred log files are read at once. They are small, unless somebody wrote others in their place.
"""

from threading import Condition

SMALL_BYTES = 1 << 20
"""What is not longer is not counted."""
MOST_BYTES_HELD = 128 << 20
"""Of all large bodies together; two of the largest have room."""


class Body(bytearray):
    """Bytes that take their room until nobody needs them any more; used like `bytes`."""

    def __init__(self, room: "Room", taken: int) -> None:
        self._room, self._taken = room, taken
        super().__init__(taken)

    def __del__(self) -> None:
        """Make room for others."""
        self._room.give_back(self._taken)


class Room:
    """Where large bodies wait for their turn. Safe to be used by several threads at once."""

    def __init__(self, most: int = MOST_BYTES_HELD) -> None:
        self._most, self._held, self._changed = most, 0, Condition()

    def body(self, count: int) -> Body:
        """Room for so many bytes, once there is; one that is larger than the room has it alone."""
        with self._changed:
            self._changed.wait_for(lambda: self._held + count <= self._most or not self._held)
            self._held += count
        return Body(self, count)

    def give_back(self, count: int) -> None:
        """A body is gone."""
        with self._changed:
            self._held -= count
            self._changed.notify_all()
