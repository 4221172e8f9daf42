"""eventsourcing for Python over psycopg: an application with one aggregate, threads in flight. Prints as work.mjs does."""

import json
import os
import sys
import threading
import time
import uuid

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import IntegrityError

MEMBERS = 2000
PLACE = "v1.0190d3a0000070008000000000000001.c2VhbGVkLXBsYWNlLW9mLXRoZS1zYW1lLWxlbmd0aC1hcy1vdXJz"
CONNECTIONS = 64


class Member(Aggregate):
    """A member as far as a badge check needs it."""

    @event("Registered")
    def __init__(self, number: int, branch: str, post: str, on: str):
        self.number, self.branch, self.post, self.on = number, branch, post, on
        self.checks: set[str] = set()

    @staticmethod
    def create_id(number: int) -> uuid.UUID:
        return uuid.UUID(int=1000 + number)

    def check_badge(self, place: str, worn: bool) -> None:
        check = str(uuid.uuid4())
        if check in self.checks:
            raise ValueError("refused")
        self.badge_checked(check=check, on="2022-03-01", place=place, worn=worn)

    @event("BadgeChecked")
    def badge_checked(self, check: str, on: str, place: str, worn: bool) -> None:
        self.checks.add(check)


def command(app: Application, number: int) -> None:
    # Whoever meets another on a stream tries again until it is done, as every peer here does.
    while True:
        member = app.repository.get(Member.create_id(number))
        member.check_badge(PLACE, True)
        try:
            app.save(member)
            return
        except IntegrityError:
            pass


def measure(app: Application, in_flight: int, seconds: float, hot: bool) -> dict[str, int]:
    times: list[float] = []
    failures: list[BaseException] = []
    lock, numbers = threading.Lock(), iter(range(10**9))
    start = time.perf_counter()

    def work() -> None:
        own = []
        try:
            while time.perf_counter() - start < seconds:
                with lock:
                    number = next(numbers)
                begun = time.perf_counter()
                command(app, 0 if hot and number % 10 == 0 else number % MEMBERS)
                own.append(time.perf_counter() - begun)
        except BaseException as failure:  # told by the main thread
            failures.append(failure)
        with lock:
            times.extend(own)

    threads = [threading.Thread(target=work) for _ in range(in_flight)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - start
    if failures:
        raise failures[0]
    times.sort()
    p99 = times[min(len(times) - 1, len(times) * 99 // 100)]
    return {"done": len(times), "took_micros": round(took * 1e6), "p99_micros": round(p99 * 1e6)}


def main() -> None:
    in_flight, seconds, hot = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3] == "hot"
    app = Application[uuid.UUID](env={
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": os.environ["PGDATABASE"],
        "POSTGRES_HOST": os.environ["PGHOST"],
        "POSTGRES_PORT": os.environ["PGPORT"],
        "POSTGRES_USER": os.environ["PGUSER"],
        "POSTGRES_PASSWORD": "",
        "POSTGRES_POOL_SIZE": str(CONNECTIONS),
        "POSTGRES_MAX_WAITING": "1000",
    })
    if not app.recorder.select_notifications(start=1, limit=1):
        for number in range(MEMBERS):
            app.save(Member(number, str(uuid.UUID(int=7)), "cadre", "2022-03-01"))
    print(json.dumps(measure(app, in_flight, seconds, hot)))
    app.close()


main()
