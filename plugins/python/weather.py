"""Shows tools: a function of the bot that a language model calls when it needs it. The bot of
plugins/weather, event for event.
"""

from typing import Annotated, Literal

from ravenry import Bot, Query, Reply, Settings
from ravenry.tools import Toolbox

#: Who is asked. Twice where it calls the tool: the second time with what came of it.
MODEL = "GPT-3.5-Turbo"

#: What this bot knows of the weather: where, and how warm. In whatever unit one likes.
WEATHER = {"Tokyo": "11", "San Francisco": "72", "Paris": "22"}

toolbox = Toolbox()


@toolbox.tool
def get_current_weather(
    location: Annotated[str, "A city, and its state where it has one: San Francisco, CA"],
    unit: Literal["celsius", "fahrenheit"] = "fahrenheit",
) -> dict[str, str]:
    """The weather that a place has now"""
    for city, temperature in WEATHER.items():
        if city.lower() in location.lower():
            return {"location": city, "temperature": temperature, "unit": unit}
    return {"location": location, "temperature": "unknown"}


class Weather(Bot):
    """A language model that knows the weather."""

    def respond(self, query: Query, reply: Reply) -> None:
        toolbox.run(MODEL, query, reply)

    def settings(self) -> Settings:
        return Settings(server_bot_dependencies={MODEL: 2})
