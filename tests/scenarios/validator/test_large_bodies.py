"""Large bodies wait for room, and give it back when nobody needs them."""

from threading import Event, Thread

from scenarios.validator.large_bodies import Room


def test_a_body_waits_until_there_is_room_for_it():
    room, came = Room(100), Event()
    first, second = room.body(60), room.body(40)

    Thread(target=lambda: (room.body(50), came.set()), daemon=True).start()
    assert not came.wait(0.05)
    del second
    assert not came.wait(0.05)
    del first

    assert came.wait(5)


def test_one_that_is_larger_than_the_room_has_it_alone():
    room = Room(100)

    assert len(room.body(1000)) == 1000
    assert len(room.body(1000)) == 1000
