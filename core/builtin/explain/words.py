"""What roles and permissions are called, for people."""

from parlour import current
from parlour import gettext as _


def role(key: str) -> str:
    """Say what a role is, as it stands in a sentence."""
    return {"user": _("customer who reaches their own"),
            "company_user": _("customer who reaches all of the company"), "company_admin": _("company admin"),
            "agent": _("agent"), "admin": _("admin")}.get(key, key)


def permission(name: str) -> str:
    """Say what a permission lets do, after the feature it belongs to: “Tickets: reply”."""
    feature, _dot, act = name.partition(".")
    acts = {
        "view": _("see"), "create": _("create"), "edit": _("change"), "reply": _("reply"), "remove": _("remove"),
        "resolve": _("mark as resolved"), "note": _("write notes"), "assign": _("hand over"),
        "manage": _("manage"), "invite": _("invite"), "publish": _("publish"), "rate": _("rate"),
        "change": _("change"), "pause": _("pause"), "audit": _("read the audit log"),
        "outbox": _("look after mail"), "do": _("do"), "give": _("give"), "import": _("import"),
        "export": _("export"), "run": _("act on many"), "use": _("use"),
        "merge": _("merge"), "own": _("look after their own company"), "choose": _("choose their company"),
        "view_as": _("see as somebody else sees"),
        "company": _("look after their company"), "insights": _("see insights")}
    manifest = current().registry.manifests.get(feature)
    return _("“%(feature)s: %(act)s”", feature=_(manifest.title) if manifest else feature,
             act=_(manifest.acts[act]) if manifest and act in manifest.acts else
             acts.get(act, act.replace("_", " ")))
