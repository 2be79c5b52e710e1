"""Who hears what of the premium that is under way."""

from queue import Queue, ShutDown

import pytest

from local.live.broadcast import Broadcast, Event


@pytest.fixture
def broadcast() -> Broadcast:
    return Broadcast()


def heard(queue: Queue[Event]) -> list[str]:
    return [queue.get_nowait().name for _ in range(queue.qsize())]


def test_everybody_hears_everything(broadcast: Broadcast) -> None:
    with broadcast.listen() as one, broadcast.listen() as other:
        broadcast.begin("pay", {})
        broadcast.say("step", {})

        assert heard(one) == heard(other) == ["pay", "step"]


def test_who_comes_late_hears_what_was_said_of_this_premium_only(broadcast: Broadcast) -> None:
    broadcast.begin("pay", {})
    broadcast.say("of the first", {})
    broadcast.begin("pay", {})
    broadcast.say("of the second", {})

    with broadcast.listen() as late:
        assert heard(late) == ["pay", "of the second"]


def test_who_comes_again_hears_what_it_has_missed(broadcast: Broadcast) -> None:
    with broadcast.listen() as first:
        broadcast.begin("pay", {})
        broadcast.say("one", {})
        known = [first.get_nowait().id for _ in range(2)][-1]
    broadcast.say("two", {})

    with broadcast.listen(after=known) as again:
        assert heard(again) == ["two"]


def test_who_comes_from_an_earlier_run_of_the_program_hears_everything(
    broadcast: Broadcast,
) -> None:
    broadcast.begin("pay", {})

    with broadcast.listen(after=1000) as again:
        assert heard(again) == ["pay"]


def test_it_knows_whether_anybody_listens(broadcast: Broadcast) -> None:
    assert not broadcast.is_heard
    with broadcast.listen():
        assert broadcast.is_heard
    assert not broadcast.is_heard


def test_its_end_ends_all_listening_also_what_begins_later(broadcast: Broadcast) -> None:
    with broadcast.listen() as early:
        broadcast.close()
        broadcast.say("step", {})
        with pytest.raises(ShutDown):
            early.get_nowait()
    with broadcast.listen() as late:
        assert late.get_nowait().name == "step"
        with pytest.raises(ShutDown):
            late.get_nowait()
