import { parseCID } from './cid.ts';

/** ListProblem is why a list of CIDs cannot be taken. */
export type ListProblem = 'utf16' | 'twoColumns' | 'quotes' | 'badCID' | 'empty';

/** A List is what a file holds: CIDs, or why it cannot be read, and at which line. */
export type List = { cids: string[] } | { problem: ListProblem; line: number };

/**
 * readList reads a list of CIDs as hallmark submit --cids does: one CID a line, or CSV in UTF-8 with a column cid, separated
 * by commas, semicolons or tabs. undefined if the file does not begin like one, so that it is a credential itself.
 */
export function readList(bytes: Uint8Array): List | undefined {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return { problem: 'utf16', line: 1 };
  }
  const text = new TextDecoder().decode(bytes); // without a byte order mark
  let commas = ',;\t';
  let [at, line] = [0, 1];
  let head = '';
  while (at < text.length) {
    const end = text.indexOf('\n', at);
    head = text.slice(at, end < 0 ? text.length : end).trim();
    const separator = /^sep=(.)$/i.exec(head)?.[1];
    if (separator !== undefined) {
      commas = separator;
    } else if (head !== '') {
      break;
    }
    at = end < 0 ? text.length : end + 1;
    line++;
  }
  if (parseCID(head)) {
    return lines(text.slice(at), line);
  }
  for (const comma of commas) {
    const { rows } = table(head, comma, line);
    const columns = (rows[0]?.fields ?? []).flatMap((f, i) => (f.trim().toLowerCase() === 'cid' ? [i] : []));
    if (columns.length > 1) {
      return { problem: 'twoColumns', line };
    }
    if (columns[0] !== undefined) {
      return column(text.slice(at), comma, columns[0], line);
    }
  }
  return undefined;
}

function lines(text: string, first: number): List {
  const cids: string[] = [];
  for (const [i, row] of text.split('\n').entries()) {
    const cid = row.trim();
    if (cid !== '' && !parseCID(cid)) {
      return { problem: 'badCID', line: first + i };
    }
    if (cid !== '') {
      cids.push(cid);
    }
  }
  return { cids };
}

function column(text: string, comma: string, at: number, first: number): List {
  const { rows, broken } = table(text, comma, first);
  if (broken !== undefined) {
    return { problem: 'quotes', line: broken };
  }
  const cids: string[] = [];
  for (const row of rows.slice(1)) {
    if (row.fields.every((f) => f.trim() === '')) {
      continue;
    }
    const cid = (row.fields[at] ?? '').trim();
    if (!parseCID(cid)) {
      return { problem: 'badCID', line: row.line };
    }
    cids.push(cid);
  }
  return cids.length > 0 ? { cids } : { problem: 'empty', line: first };
}

interface Row {
  line: number;
  fields: string[];
}

/** table reads CSV (RFC 4180). broken is the line of a quotation mark that is not closed, or in the midst of a field. */
function table(text: string, comma: string, first: number): { rows: Row[]; broken?: number } {
  const rows: Row[] = [];
  let [at, line] = [0, first];
  while (at < text.length) {
    const row: Row = { line, fields: [] };
    for (;;) {
      if (text[at] === '"') {
        let field = '';
        for (at++; ; at++) {
          const c = text[at];
          if (c === undefined) {
            return { rows, broken: row.line };
          }
          if (c === '"' && text[++at] !== '"') {
            break;
          }
          line += c === '\n' ? 1 : 0;
          field += c;
        }
        row.fields.push(field);
        if (at < text.length && text[at] !== comma && text[at] !== '\r' && text[at] !== '\n') {
          return { rows, broken: line };
        }
      } else {
        let end = at;
        while (end < text.length && text[end] !== comma && text[end] !== '\n') {
          end++;
        }
        const field = text.slice(at, end);
        if (field.includes('"')) {
          return { rows, broken: line };
        }
        row.fields.push(field.replace(/\r$/, ''));
        at = end;
      }
      if (text[at] !== comma) {
        break;
      }
      at++;
    }
    if (text[at] === '\r') {
      at++;
    }
    if (text[at] === '\n') {
      at++;
      line++;
    }
    rows.push(row);
  }
  return { rows };
}
