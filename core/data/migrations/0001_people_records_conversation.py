"""Make the host's tables."""

from core.data import consents, index
from core.data.addresses import Address
from core.data.aliases import Alias
from core.data.answers import Answer
from core.data.arrivals import SignIn
from core.data.audit import Audit, AuditHead, seal, unseal
from core.data.begin import Origin
from core.data.concerns import Concern
from core.data.conversation import File, Message, ReadMark
from core.data.credentials import Session, Token
from core.data.dossier import Dossier
from core.data.drafts import Draft
from core.data.errands import Errand, Finding, NamedPlan
from core.data.factors import Authenticator, Passkey, RecoveryCode
from core.data.identifiers import FormerIdentifier
from core.data.once import Once
from core.data.pauses import Trouble
from core.data.people import Company, Membership, Person, Team, TeamMember, Tenant
from core.data.records import Counter, Record
from core.data.reshape import RecordShape
from core.data.tasks import Task
from core.data.threads import Wording
from core.data.unsent import Unsent
from core.data.versions import ConfigReport, ConfigVersion
from core.data.viewing import Viewing
from core.data.visited import Visited
from core.data.voices import Voice
from core.data.watching import Watch

TABLES = [Tenant, Company, Person, Membership, Team, TeamMember, FormerIdentifier, Address, Alias, Record, Counter,
          Message, File, ReadMark,
          Authenticator, RecoveryCode, Passkey, Session, Token, SignIn, Once, Audit, AuditHead, ConfigVersion,
          ConfigReport, Trouble, Draft, Task]
TABLES += [RecordShape, Answer, Viewing, Errand, Finding, NamedPlan]
TABLES += [Dossier, consents.Consent, Origin]
TABLES += [Visited, Wording, Voice, Concern, Watch, Unsent]


def up(migrator, db):
    """Create them."""
    db.create_tables(TABLES)
    seal()
    consents.seal()
    index.create()


def down(migrator, db):
    """Drop them."""
    index.drop()
    consents.unseal()
    unseal()
    db.drop_tables(TABLES)
