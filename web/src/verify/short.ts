const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const symbols = `${digits}*~$=U`;

/** shortCode is a short code as it is printed, from what a person typed; undefined if it is none. */
export function shortCode(typed: string): string | undefined {
  const code = typed.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
  if (code.length !== 17) {
    return undefined;
  }
  let rest = 0; // of the number, divided by 37
  for (const digit of code.slice(0, 16)) {
    const value = digits.indexOf(digit);
    if (value < 0) {
      return undefined;
    }
    rest = (rest * 32 + value) % 37;
  }
  return symbols[rest] === code[16] ? code.replace(/(.{4})(?=.)/g, '$1-') : undefined;
}
