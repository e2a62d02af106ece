# SPDX-License-Identifier: MIT
"""[control] group: who may change, who may look, and who may neither, also after the policy names another group."""

import contextlib
import grp
import os
import pwd
from dataclasses import dataclass

from harness import machine
from harness.daemon.control import Control, Denied
from harness.daemon.recycler import Recycler, Refused
from harness.stories import Collection

STORIES = Collection()
story = STORIES.story

FIRST, SECOND = "adm", 61002  # a group by its name, and one that is only a number


@dataclass(frozen=True)
class User:
    """The kernel asks for no entry in /etc/passwd."""
    uid: int
    gid: int
    groups: tuple = ()  # besides

    def words(self) -> list[str]:
        """In front of a command, which then is this user's."""
        groups = ["--groups", ",".join(map(str, self.groups))] if self.groups else ["--clear-groups"]
        return ["setpriv", "--reuid", str(self.uid), "--regid", str(self.gid), *groups, "--"]

    @contextlib.contextmanager
    def connecting(self):
        """What is connected meanwhile is this user's, for as long as it stays connected."""
        before = os.getgroups()
        try:
            os.setgroups(self.groups)
            os.setegid(self.gid)
            os.seteuid(self.uid)
            yield
        finally:
            os.seteuid(0)
            os.setegid(0)
            os.setgroups(before)


def is_let(recycler: Recycler, user: User, *words) -> bool:
    try:
        recycler.ctl(*words, prefix=user.words())
    except Refused as refused:
        assert refused.status == 1 and "permission denied" in refused.sentence, str(refused)
        return False
    return True


def may(recycler: Recycler, user: User) -> str:
    """change, read, or nothing; what was refused has not happened."""
    slot = recycler.slots[0]
    reads, changes = is_let(recycler, user, "status"), is_let(recycler, user, "drain", slot)
    assert recycler.slot(slot)["gate"] == ("closed" if changes else "open"), str(recycler.slot(slot))
    assert is_let(recycler, user, "open", slot) == changes
    assert reads or not changes
    return "change" if changes else "read" if reads else "nothing"


def asked(control: Control) -> str:
    """The same on a connection that is there already."""
    done = []
    for right, call in [("read", lambda: control.call("Status")), ("change", lambda: control.call("Open", slots=["all"]))]:
        with contextlib.suppress(Denied):
            call()
            done.append(right)
    return done[-1] if done else "nothing"


@story
def members_of_the_control_group_may_change_the_user_of_the_app_may_read_and_nobody_else_may_anything(stage):
    machine.need_gates()
    machine.need_program("setpriv")
    if machine.worker_user() == "root":
        raise machine.Skip("the workers run as root here, who may do anything")
    app, first = pwd.getpwnam(machine.worker_user()), grp.getgrnam(FIRST).gr_gid
    users = {
        "a member of the first group": (User(61001, 61001, (first,)), "change", "nothing"),
        "whose own group it is": (User(61001, first), "change", "nothing"),
        "a member of the second group": (User(61003, 61003, (61004, SECOND)), "nothing", "change"),
        "the user of the app": (User(app.pw_uid, app.pw_gid), "read", "read"),
        "the user of the app, a member of the second group": (User(app.pw_uid, app.pw_gid, (SECOND,)), "read", "change"),
        "a stranger": (User(61005, 61005), "nothing", "nothing"),
        "a stranger in the group of the app": (User(61005, app.pw_gid), "nothing", "nothing"),
    }
    recycler = Recycler(stage, 2, {"control": {"group": FIRST}}).start()
    connected = {}
    for name, (user, before, _) in users.items():
        assert (found := may(recycler, user)) == before, f"{name} may {found}"
        connected[name] = Control(recycler)
        with user.connecting():
            connected[name].socket = connected[name].connect()
        assert (found := asked(connected[name])) == before, f"{name} may {found} on a connection"
    recycler.write_policy({"control": {"group": str(SECOND)}})
    said = recycler.ctl("reload")
    assert "control.group" in said, said
    for name, (user, _, after) in users.items():
        assert (found := may(recycler, user)) == after, f"{name} may {found} after the reload"
        assert (found := asked(connected[name])) == after, f"{name} may {found} on a connection of before the reload"
        connected[name].close()
    recycler.write_policy({"control": {"group": None}})
    recycler.ctl("reload")
    for name, (user, *_) in users.items():
        alone = "read" if user.uid == app.pw_uid else "nothing"
        assert (found := may(recycler, user)) == alone, f"{name} may {found} without a group"
    return f"{len(users)} users, each by recyclerctl and on a connection that stays; {said.strip()}"
