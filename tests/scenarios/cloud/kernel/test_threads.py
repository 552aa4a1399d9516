"""Threads inside a world run one at a time, in the same order every time, on the world's clock."""

import asyncio
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

import pytest

from scenarios.cloud.kernel.errors import NotSimulated, WorldError
from tests.scenarios.cloud.functions import function_worlds as functions
from tests.scenarios.cloud.small_worlds import ACCOUNT, admin, bucket, may, noted, world


@pytest.fixture
def each():
    with world(bucket()) as standing:
        yield standing


def waited(each):
    return (each.clock.now - each.deployment.start).total_seconds()


def test_a_thread_runs_when_it_is_waited_for_and_is_over_then(each):
    seen = []
    thread = threading.Thread(target=lambda: seen.append(each.clock.now))
    thread.start()
    thread.join()

    assert seen == [each.clock.now]
    assert not thread.is_alive()


def test_an_executor_gives_results_in_the_order_of_its_tasks(each):
    order = []

    def task(number):
        time.sleep(10 - number)
        order.append(number)
        return number * number

    with ThreadPoolExecutor(max_workers=3) as executor:
        futures = [executor.submit(task, number) for number in range(6)]
        assert {future.result() for future in as_completed(futures)} == {0, 1, 4, 9, 16, 25}
        assert list(executor.map(task, range(6))) == [0, 1, 4, 9, 16, 25]

    assert order[:6] == [2, 1, 0, 5, 4, 3]  # three at 8, 9 and 10 seconds; at 15 in the threads' order
    assert waited(each) == 2 * 15


def test_workers_share_a_queue_that_is_joined(each):
    work, done = queue.Queue(), []

    def worker(name):
        while True:
            item = work.get()
            done.append((name, item))
            work.task_done()

    for name in "ab":
        threading.Thread(target=worker, args=(name,), daemon=True).start()
    for item in range(4):
        work.put(item)
    work.join()

    assert [item for _, item in done] == [0, 1, 2, 3]


def test_a_bounded_queue_goes_back_and_forth(each):
    pipe, seen = queue.Queue(maxsize=1), []

    def produce():
        for number in range(5):
            pipe.put(number)
        pipe.put(None)

    producer = threading.Thread(target=produce)
    producer.start()
    while (item := pipe.get()) is not None:
        seen.append(item)
    producer.join()

    assert seen == [0, 1, 2, 3, 4]


def test_a_timer_goes_off_when_it_should(each):
    seen, event = [], threading.Event()
    timer = threading.Timer(30, lambda: (seen.append(waited(each)), event.set()))
    timer.start()

    assert event.wait(10) is False
    assert event.wait(60) is True
    assert seen == [30]


def test_what_is_loud_in_a_thread_is_loud_outside(each):
    def hole():
        raise NotSimulated("sns", "it")

    thread = threading.Thread(target=hole)
    thread.start()
    with pytest.raises(NotSimulated):
        thread.join()


def test_what_is_loud_in_a_task_that_nobody_asks_is_loud_all_the_same(each):
    def hole():
        raise NotSimulated("sns", "it")

    with pytest.raises(NotSimulated), ThreadPoolExecutor() as executor:
        executor.submit(hole)


def test_an_error_of_a_task_is_the_futures(each):
    with ThreadPoolExecutor() as executor:
        future = executor.submit(lambda: 1 / 0)
    assert isinstance(future.exception(), ZeroDivisionError)


def test_whoever_sleeps_lets_others_go_on(each):
    seen = []

    def tick():
        while True:
            seen.append(waited(each))
            time.sleep(4)

    threading.Thread(target=tick, daemon=True).start()
    time.sleep(10)

    assert (seen, waited(each)) == ([0, 4, 8], 10)


def test_an_error_of_a_thread_is_printed_and_nobody_elses(each, capsys):
    thread = threading.Thread(target=lambda: 1 / 0, name="divider")
    thread.start()
    thread.join()
    assert "Exception in thread divider" in capsys.readouterr().err


def test_threads_that_wait_for_each_other_are_told_so(each):
    nothing = queue.Queue()
    thread = threading.Thread(target=nothing.get)
    thread.start()
    with pytest.raises(WorldError, match="every thread waits"):
        thread.join()


def test_what_still_waits_ends_with_the_world():
    with world(bucket()):
        thread = threading.Thread(target=queue.Queue().get)
        thread.start()
        assert thread.is_alive()
    assert not thread.is_alive()
    assert threading.Thread.start is threading.Thread.__dict__["start"]


@pytest.mark.slow
def test_files_are_uploaded_as_boto3_does_it(each, tmp_path):
    file = tmp_path / "large"
    file.write_bytes(b"x" * 20_000_000)
    s3 = admin(each, "s3")
    s3.upload_file(str(file), "tw-logs", "large")
    s3.download_file("tw-logs", "large", str(tmp_path / "copy"))

    assert (tmp_path / "copy").read_bytes() == file.read_bytes()


# ---- in functions -------------------------------------------------------------------------------

POOL = """
    import boto3
    from concurrent.futures import ThreadPoolExecutor

    POOL = ThreadPoolExecutor(max_workers=2)

    def who(_):
        return boto3.client("sts").get_caller_identity()["Arn"]

    def look(event, context):
        try:
            return sorted(set(POOL.map(who, range(3))))
        except Exception as error:
            return f"swallowed {error!r}"
"""


@pytest.mark.slow
def test_a_handlers_threads_are_the_functions_own_and_serve_the_next_event_too(tmp_path):
    functions.code(tmp_path, POOL)
    with functions.world(tmp_path) as each:
        functions.sends(each)
        functions.sends(each)

        role = f"arn:aws:sts::{ACCOUNT}:assumed-role/lookRole/look"
        assert functions.outcomes(each) == [[role], [role]]


@pytest.mark.slow
def test_a_run_with_threads_is_the_same_run_every_time(tmp_path):
    functions.code(tmp_path, POOL)

    def trace():
        with functions.world(tmp_path) as each:
            functions.sends(each)
            return each.setting.trace

    assert trace() == trace()


@pytest.mark.slow
def test_a_handler_that_waits_for_what_never_comes_times_out(tmp_path):
    functions.code(
        tmp_path,
        """
        import queue

        def look(event, context):
            queue.Queue().get()
        """,
    )
    resources = {**functions.function(), **functions.asynchronous(MaximumRetryAttempts=0)}
    with functions.world(tmp_path, resources) as each:
        functions.sends(each, seconds=60)

        (told,) = noted(each, "failed")
        assert "timed out after 30.00 seconds" in told


@pytest.mark.slow
def test_a_hole_in_a_handlers_thread_is_loud(tmp_path):
    functions.code(
        tmp_path,
        """
        import boto3
        from concurrent.futures import ThreadPoolExecutor

        def hole():
            boto3.client("sns").publish(PhoneNumber="+12025550100", Message="m")

        def look(event, context):
            try:
                with ThreadPoolExecutor() as pool:
                    pool.submit(hole)
            except Exception:
                return "swallowed"
        """,
    )
    resources = functions.function(statements=(may("*"),))
    with functions.world(tmp_path, resources) as each, pytest.raises(NotSimulated, match="phone"):
        functions.sends(each)


def test_a_thread_that_nobody_waits_for_has_its_turn_as_the_handler_returns(tmp_path):
    functions.code(
        tmp_path,
        """
        import threading

        def look(event, context):
            threading.Thread(target=lambda: print("left behind")).start()
            print("returns")
        """,
    )
    with functions.world(tmp_path) as each:
        functions.sends(each)

        assert functions.told(each) == ["returns", "left behind"]


# ---- asyncio ------------------------------------------------------------------------------------


def test_an_event_loop_sleeps_in_simulated_time_and_waits_for_its_threads(each):
    seen = []

    async def named(name, seconds):
        await asyncio.sleep(seconds)
        seen.append((name, waited(each)))

    async def everything():
        await asyncio.gather(named("late", 90), named("soon", 0.1), asyncio.to_thread(time.sleep, 30))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), timeout=10)

    asyncio.run(everything())

    assert [(name, round(at)) for name, at in seen] == [("soon", 0), ("late", 90)]
    assert round(waited(each)) == 100


def test_a_handler_whose_event_loop_waits_for_nothing_times_out(tmp_path):
    functions.code(
        tmp_path,
        """
        import asyncio

        def look(event, context):
            asyncio.run(asyncio.Event().wait())
        """,
    )
    with functions.world(tmp_path) as each:
        functions.sends(each)
        each.run(60)

        assert "timed out" in noted(each, "failed")[0]
