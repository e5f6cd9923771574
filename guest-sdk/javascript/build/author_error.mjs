/** What is wrong with a bot, or with how it is built, in words for its author. */
export class AuthorError extends Error {}
