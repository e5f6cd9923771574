"""Shows files in both directions: an image of a person goes to one bot, and an image made by
another comes back within the text. The bot of plugins/outfit, event for event.
"""

from dataclasses import replace

from ravenry import Attachment, Bot, Failure, Message, Query, Reply, Settings, poe
from ravenry.events import File, Replace, Text

#: Who looks at the outfit.
ADVISER = "Claude-3.5-Sonnet"

#: Who paints.
PAINTER = "Imagen3-Fast"

#: What the adviser is asked.
TASK = (
    "The attached image shows what somebody wears at the moment. They want to wear another top,"
    " such as a shirt or a jacket. Suggest one, with its colour and cut, in a few words."
)


class Outfit(Bot):
    """Recommends a new top for an outfit, and shows it."""

    def respond(self, query: Query, reply: Reply) -> None:
        image = newest_image(query)
        if image is None:
            reply.text("Please attach an image of your outfit so I can suggest a new top!")
            return
        top = advice(image, reply)
        reply.text("\n\nGenerating an example image...")
        # The platform fetches it itself; it never passes through the bot.
        file = reply.attach_url(painting(query, top).url, inline=True)
        reply.text(f"\n\nHere's an image of the recommended top![new_top][{file.inline_ref}]")

    def settings(self) -> Settings:
        return Settings(
            allow_attachments=True, server_bot_dependencies={ADVISER: 1, PAINTER: 1}
        )


def newest_image(query: Query) -> Attachment | None:
    """The first image of the newest message of a person that has one."""
    for message in reversed(query.messages):
        for file in message.attachments:
            if message.role == "user" and file.content_type.startswith("image/"):
                return file
    return None


def advice(image: Attachment, reply: Reply) -> str:
    """Which top to wear. The reader sees the answer as it comes."""
    top = ""
    for event in poe.ask(ADVISER, messages=[Message("user", TASK, attachments=[image])]):
        match event:
            case Text(text):
                top += text
            case Replace(text):
                top = text
            case _:
                continue
        reply.pass_on(event)
    if not top.strip():
        raise Failure("I was unable to get a clothing recommendation from Claude.")
    return top.strip()


def painting(query: Query, top: str) -> File:
    """An image of that top: the last one that the painter attaches."""
    *before, last = query.messages
    wish = replace(
        last, content=f"Please create an image of a {top} only. White background."
    )
    answer = poe.ask(PAINTER, messages=[*before, wish])
    files = [event for event in answer if isinstance(event, File)]
    if not files:
        raise Failure("The Imagen3-Fast bot did not return an image of the top.")
    return files[-1]
