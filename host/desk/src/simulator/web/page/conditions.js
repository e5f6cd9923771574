// Whether a control is shown: compares what other controls say.

function operand(side, valueOf) {
  if (side === null || typeof side !== "object") return undefined;
  return typeof side.parameter_name === "string" ? valueOf(side.parameter_name) : side.literal;
}

const COMPARE = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
};
// The documentation has it, the platform's checker has not.
COMPARE.equals = COMPARE.eq;

/** Whether a condition holds. One that makes no sense holds, so that its controls can be seen. */
export function holds(condition, valueOf) {
  const compare = Object.hasOwn(COMPARE, condition?.comparator) ? COMPARE[condition.comparator] : null;
  if (compare === null) return true;
  return compare(operand(condition.left, valueOf), operand(condition.right, valueOf));
}
