"""The fixed cast of the workbench: its team, its app, the people one can act as, and how channels come by their ids."""

from dataclasses import dataclass

TEAM_ID = "T0WORKBENCH"
TEAM_NAME = "Floorwalker demo shop"
TEAM_DOMAIN = "floorwalker-demo"
APP_ID = "A0FLOOR"
BOT_ID = "B0FLOOR"
BOT_USER = "U0FLOOR"
BOT_NAME = "Floorwalker"
VERIFICATION_TOKEN = "workbench-verification"
DEFAULT_CHANNELS = ("marketing", "finance", "warehouse", "ops")

PURPOSES = {
    "marketing": "Campaigns, and what they may promise",
    "finance": "Payments, refunds and what is owed",
    "warehouse": "Stock, orders and deliveries",
    "ops": "What concerns everybody",
}


@dataclass(frozen=True)
class Member:
    """A person of the workspace; `color` is the page's, as #rrggbb."""

    id: str
    name: str
    title: str
    color: str

    @property
    def handle(self) -> str:
        """The short name that slash commands carry as `user_name`."""
        return self.name.split()[0].lower()

    @property
    def dm(self) -> str:
        """The id of this member's direct message channel with the bot."""
        return "D" + self.id[1:]


MEMBERS = {
    member.id: member
    for member in (
        Member("U0ANNA", "Anna Vega", "Operations manager", "#7a3e9d"),
        Member("U0BEN", "Ben Okafor", "Marketing", "#c2410c"),
        Member("U0CHIARA", "Chiara Rossi", "Finance", "#0f766e"),
        Member("U0DEV", "Dev Patel", "Warehouse", "#1d4ed8"),
    )
}


@dataclass(frozen=True)
class Group:
    """A user group that messages can mention."""

    id: str
    name: str
    handle: str
    members: tuple[str, ...]


GROUPS = (
    Group("S0OPS", "Operations on call", "ops-oncall", ("U0ANNA", "U0DEV")),
    Group("S0FINANCE", "Finance", "finance-team", ("U0CHIARA",)),
    Group("S0MARKETING", "Marketing", "marketing-team", ("U0BEN",)),
    Group("S0WAREHOUSE", "Warehouse", "warehouse-team", ("U0DEV",)),
)


@dataclass
class Channel:
    """A channel or direct message; `joined` is whether the bot is a member of it, `abroad` whether another workspace
    shares it."""

    id: str
    name: str
    kind: str
    member: str | None = None
    archived: bool = False
    joined: bool = True
    abroad: bool = False

    @property
    def purpose(self) -> str:
        """One line on what the channel is for; empty when nobody wrote one."""
        return PURPOSES.get(self.name, "")


def channels_named(names: tuple[str, ...]) -> dict[str, Channel]:
    """The workspace's channels by id: one a name, then each member's direct message with the bot."""
    public = [Channel("C0" + name.upper().replace("-", ""), name, "channel") for name in names]
    direct = [Channel(member.dm, "directmessage", "im", member.id) for member in MEMBERS.values()]
    return {channel.id: channel for channel in public + direct}
