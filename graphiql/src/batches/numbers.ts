const whole = new Intl.NumberFormat("en");
const hundredths = new Intl.NumberFormat("en", {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});

/** "1 row", "1,000 rows" */
export function count(amount: number, one: string, many = `${one}s`): string {
  return `${whole.format(amount)} ${amount === 1 ? one : many}`;
}

export const integer = (amount: number): string => whole.format(amount);

export const time = (milliseconds: number): string => `${hundredths.format(milliseconds)} ms`;
