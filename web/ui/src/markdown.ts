// SPDX-License-Identifier: Apache-2.0
// What people write, as HTML that can do nothing: raw HTML is shown as text, pictures from outside become links, links say where
// they lead, and DOMPurify has the last word. A chunk of its own: most notices are plain text and never need it.
import type { Tokens } from 'marked';

const [{ default: DOMPurify }, { Marked }] = await Promise.all([import('dompurify'), import('marked')]);

const escape = (text: string) => text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** The host that a link leads to, or nothing for an address that is not one of the web or mail. */
function host(address: string): string | undefined {
  try {
    const url = new URL(address);
    if (url.protocol === 'http:' || url.protocol === 'https:') return url.host;
    if (url.protocol === 'mailto:') return url.pathname;
  } catch {
    // not an address
  }
  return undefined;
}

function link(address: string, inside: string, said: string): string {
  const where = host(address);
  if (!where) return inside;
  const told = said === address || said === where ? '' : ` <small>(${escape(where)})</small>`;
  return `<a href="${escape(address)}" rel="noopener noreferrer" target="_blank">${inside}</a>${told}`;
}

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    html: ({ text }: Tokens.HTML | Tokens.Tag) => escape(text),
    image: ({ href, text }: Tokens.Image) => link(href, escape(text || href), text || href),
    link({ href, tokens, text }: Tokens.Link) {
      return link(href, this.parser.parseInline(tokens), text);
    },
    heading({ tokens }: Tokens.Heading) {
      return `<p><strong>${this.parser.parseInline(tokens)}</strong></p>`;
    },
    checkbox: ({ checked }: Tokens.Checkbox) => (checked ? '[x] ' : '[ ] '),
  },
});

const TAGS = ['a', 'b', 'blockquote', 'br', 'code', 'del', 'em', 'hr', 'li', 'ol', 'p', 'pre', 'small', 'strong', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul'];

/** For innerHTML only: a TrustedHTML where the browser knows them. */
export function html(text: string): string {
  return DOMPurify.sanitize(marked.parse(text, { async: false }), {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ['href', 'rel', 'target', 'start'],
    ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
    ADD_URI_SAFE_ATTR: ['rel', 'target', 'start'], // no addresses: otherwise they would have to look like one
    RETURN_TRUSTED_TYPE: true,
  }) as unknown as string;
}
