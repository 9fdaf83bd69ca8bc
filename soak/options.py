"""What can be asked of a soak."""

import argparse


def options_of(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/soak",
        description="Alerts, forms, mail and replies while workers die; prints JSON; exit code 1 if a promise broke.",
    )
    parser.add_argument("--seconds", type=int, default=60, help="how long there is load and killing")
    parser.add_argument("--rate", type=float, default=9, help="intakes and replies a second")
    parser.add_argument("--workers", type=int, default=2, help="worker processes")
    parser.add_argument("--stages", type=int, default=10_000, help="stages of deadlines that fall due meanwhile")
    parser.add_argument("--ladders", type=int, default=1_000, help="ladders that are climbed meanwhile")
    parser.add_argument("--every", type=float, default=4, help="seconds between kills, on average")
    parser.add_argument("--kill-valkey", action="store_true", help="kill Valkey too, now and then")
    parser.add_argument("--seed", type=int, default=1, help="of what is random")
    return parser.parse_args(argv)
