"""What goes wrong, by class. The classes are exported where the reference library has them."""


class InvalidParameterError(Exception):
    """A call does not say what it needs to say."""


class CostRequestError(Exception):
    """The platform did not take an amount, or was not reached."""


class InsufficientFundError(Exception):
    """The person cannot pay. Uncaught, the platform says so in its own words."""


class AttachmentUploadError(Exception):
    """The platform did not take a file."""


class BotError(Exception):
    """Another bot did not answer, or ended with an error: then the text is the JSON of that."""


class BotErrorNoRetry(BotError):
    """The same, where trying again would not help."""


class InvalidBotSettings(Exception):
    """Settings that make no sense. Never raised here: the gateway's log has them."""
