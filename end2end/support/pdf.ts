// The text of a PDF as Chromium writes it: its streams inflated, its glyphs looked up in each font's own table.

import { inflateSync } from 'node:zlib'

export function pdfText(pdf: Buffer): string {
  const raw = pdf.toString('latin1')
  const objects = new Map<string, { head: string; stream?: string }>()
  for (const [, number, body] of raw.matchAll(/(\d+) 0 obj\s([\s\S]*?)endobj/g)) {
    const at = body.indexOf('stream')
    const head = at < 0 ? body : body.slice(0, at)
    let stream: string | undefined
    if (at >= 0) {
      const bytes = Buffer.from(body.slice(at).replace(/^stream\r?\n/, '').replace(/\r?\nendstream\s*$/, ''), 'latin1')
      try {
        stream = head.includes('FlateDecode') ? inflateSync(bytes).toString('latin1') : bytes.toString('latin1')
      } catch {
        stream = undefined
      }
    }
    objects.set(number, { head, stream })
  }
  const fonts = new Map<string, Map<string, string>>()
  for (const { head } of objects.values()) {
    for (const [, name, font] of head.matchAll(/\/(F\d+) (\d+) 0 R/g)) {
      const unicode = objects.get(font)?.head.match(/\/ToUnicode (\d+) 0 R/)?.[1]
      const table = unicode && objects.get(unicode)?.stream
      if (table) fonts.set(name, glyphs(table))
    }
  }
  let text = ''
  for (const { stream } of objects.values()) {
    if (!stream || !/\bTf\b/.test(stream)) continue
    let font = new Map<string, string>()
    for (const [, name, hex] of stream.matchAll(/\/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>/g)) {
      if (name) font = fonts.get(name) ?? new Map()
      else for (const glyph of hex.match(/.{4}/g) ?? []) text += font.get(glyph.toUpperCase()) ?? ''
    }
    text += '\n'
  }
  return text
}

function glyphs(table: string): Map<string, string> {
  const found = new Map<string, string>()
  const text = (hex: string) => String.fromCharCode(...(hex.match(/.{4}/g) ?? []).map((one) => parseInt(one, 16)))
  const name = (code: number) => code.toString(16).padStart(4, '0').toUpperCase()
  for (const [, block] of table.matchAll(/beginbfchar([\s\S]*?)endbfchar/g)) {
    for (const [, glyph, unicode] of block.matchAll(/<(\w+)> <(\w+)>/g)) found.set(glyph.toUpperCase(), text(unicode))
  }
  for (const [, block] of table.matchAll(/beginbfrange([\s\S]*?)endbfrange/g)) {
    for (const [, from, to, first] of block.matchAll(/<(\w+)> <(\w+)> <(\w+)>/g)) {
      const [start, end, unicode] = [from, to, first].map((hex) => parseInt(hex, 16))
      for (let code = start; code <= end; code += 1) found.set(name(code), String.fromCharCode(unicode + code - start))
    }
  }
  return found
}
