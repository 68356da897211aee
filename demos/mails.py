"""What is in the mailbox of `demos.mail` before somebody has touched it, the newest first."""

from typing import Any

FOLDERS = {
    "inbox": "Inbox",
    "starred": "Starred",
    "archive": "Archive",
    "sent": "Sent",
    "trash": "Trash",
}

_WRITTEN = """
inbox | Mira Okafor | mira@linden-press.example | 9:42 | new | * | Proofs of the tea book
Good morning,

the proofs came in last night and they are lovely. The plates of the first chapter are a little
too dark; I have marked three that I would print again.

Could you look at page 41 before noon? The caption names the wrong garden.

Mira
---
inbox | Tomas Lind | tomas@northline.example | 8:15 | new | | Train on Thursday
There is a train at 7:08 that gets us there before the doors open, and one at 8:32 that does
not. I took two seats in the first one.

Coffee is on me.
---
inbox | City Library | desk@library.example | 7:30 | new | | “The Leaf and the Cup” waits for you
The book that you asked for is on the shelf behind the desk, under your name. We keep it until
Saturday.
---
inbox | Ana Ferreira | ana@ferreira.example | Yesterday | | * | Re: Garden shed
Measured it again: 2.40 by 1.80, and the door opens to the left. So the bench fits, if we leave
out the last shelf.

I can bring the saw on Sunday.
---
inbox | Harbour Energy | bills@harbour.example | Yesterday | | | Your statement for October
You have used 142 kWh, that is 9 less than a year ago. Nothing is to be paid; 12.40 will be set
off against the next statement.
---
inbox | Jonas Weber | jonas@weber.example | Tuesday | new | | Photos from the lake
I have put all of them in one place, also the one in which you fall out of the boat. I will
delete that for a cake.
---
inbox | Dr. Kimura | practice@kimura.example | Tuesday | | | Appointment moved to 14:20
Your appointment on 3 December is twenty minutes later than planned. You need not answer if that
is all right.
---
inbox | Lea Baros | lea@baros.example | Monday | | | Choir: seats for the winter concert
Each of us gets two seats in the first rows. Tell me by Friday for whom, or they go to the
altos, who have asked already.
---
archive | Mira Okafor | mira@linden-press.example | 12 Nov | | | Contract, signed
Signed and scanned; the paper one goes into the post today. Thank you for being so quick.
---
archive | Nordic Ferries | booking@ferries.example | 3 Nov | | * | Your crossing on 18 December
Two adults, one cabin with a window, no car. Be at the pier 45 minutes before we leave.
---
archive | Omar Haddad | omar@haddad.example | 28 Oct | | | The recipe
Two cups of lentils, one of rice, four onions, and more patience with the onions than you think.
Salt at the end.
---
sent | You, to Ana Ferreira | ana@ferreira.example | Yesterday | | | Garden shed
Would the old bench fit along the back wall? I think it is 2.20 long, but I have not measured
it.
---
sent | You, to Lea Baros | lea@baros.example | Monday | | | Re: Rehearsal on Wednesday
I will be there, ten minutes late and with the keys.
"""


def _mails() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for id, one in enumerate(_WRITTEN.strip().split("\n---\n"), 1):
        head, _, text = one.partition("\n")
        folder, who, address, when, new, star, subject = (part.strip() for part in head.split("|"))
        mail = {"id": id, "folder": folder, "who": who, "address": address, "when": when}
        state = {"read": new != "new", "starred": star == "*"}
        lines = text.strip().split("\n\n")
        told = "\n\n".join(" ".join(line.split()) for line in lines)
        found.append({**mail, **state, "subject": subject, "text": told})
    return found


MAILS = _mails()
