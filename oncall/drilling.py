"""The sweeps of drills: whose shift comes, and who did not answer by its beginning. Every second; the database says
what is due."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils.formats import date_format

from accounts.models import Role, User
from lib.sweeps import each_alone
from notifications import account_mail
from oncall import drilltimes, reading
from oncall import rota as pure
from oncall.actions.drills import drill_shift
from oncall.models import Drill, Rota
from oncall.reading import who_is_on
from oncall.roster import zone_of

BATCH = 100
AGAIN = timedelta(hours=6)  # people change their time zones and methods, of which a rota knows nothing
Shift = tuple[int, int, datetime]  # (rota, person, beginning)


def drill_due(now: datetime) -> int:
    """Look at the rotas that are due, and judge the drills whose shifts begin; answers how many of either."""
    rotas = Rota.objects.filter(drills_at__lte=now).order_by("drills_at").values_list("pk", flat=True)
    looked = each_alone(list(rotas[:BATCH]), lambda pk: look(pk, now), "the drills of rota %s failed")
    waiting = Drill.objects.filter(judge_at__lte=now).values_list("rota", "user", "judge_at").distinct()
    shifts = [(rota, user, begins) for rota, user, begins in waiting[:BATCH] if rota and begins]
    return looked + each_alone(shifts, lambda one: judge(one, now), "judging the drill %s failed")


def look(pk: int, now: datetime) -> bool:
    """Send what is due for the shifts of a rota that come, and say when to look again. A rota that another worker
    holds waits for the next tick."""
    row = Rota.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=pk, drills_at__lte=now).first()
    if row is None:
        return False
    again = now + AGAIN
    if row.drill_hours:
        loaded = reading.load(Rota.objects.filter(pk=pk), since=now)[0]
        horizon = now + timedelta(hours=row.drill_hours) + drilltimes.EARLIEST + AGAIN
        for shift in pure.shifts(loaded.rota, now, horizon):
            if shift.begin <= now:
                continue  # it is under way
            user = loaded.people[shift.person]
            moment = drilltimes.send_at(shift.begin, hours=row.drill_hours, zone=zone_of(user), now=now)
            if moment is not None and moment <= now:
                drill_shift(rota=row, user=user, begins_at=shift.begin, at=now)
            elif moment is not None:
                again = min(again, moment)
    row.drills_at = again if row.drill_hours else None
    row.save(update_fields=["drills_at"])
    return True


def judge(shift: Shift, now: datetime) -> bool:
    """The shift begins and some way was not confirmed: whoever answers for the rota is told, once."""
    rota, user, begins_at = shift
    mine = Drill.objects.filter(rota=rota, user=user, judge_at=begins_at)
    drills = list(mine.select_for_update(of=("self",), skip_locked=True).order_by("pk"))
    if not drills:
        return False
    Drill.objects.filter(pk__in=[drill.pk for drill in drills]).update(judge_at=None)
    row = Rota.objects.select_related("team__manager").get(pk=rota)
    on_call = who_is_on(rota=row, at=begins_at)
    if on_call is not None and on_call.pk == user:
        tell(row, on_call, drills)
    return True


def tell(rota: Rota, user: User, drills: list[Drill]) -> None:
    """A mail to the team's manager; of a rota without one, to every manager and admin."""
    manager = rota.team.manager if rota.team else None
    everybody = User.objects.filter(role__in=[Role.MANAGER, Role.ADMIN], is_active=True)
    ways = "\n".join(f"- {drill.label}{': could not be delivered' if drill.has_failed else ''}" for drill in drills)
    for one in [manager] if manager and manager.is_active else everybody:
        begins = date_format(drills[0].begins_at.astimezone(zone_of(one)), "D j M, H:i") if drills[0].begins_at else ""
        text = (
            f"{user} is on call for {rota} from {begins} on, and did not confirm the drill by:\n\n{ways}\n\n"
            f"Pages may not reach them that way: {settings.BASE_URL}/oncall/drills"
        )
        account_mail.send(address=one.email, user=one, subject=f"Not confirmed: the drill of {user}", text=text)
