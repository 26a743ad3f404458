"use strict";
// Unpacking what the page carries, and writing numbers. The other half of `pack.rs` and `number.rs`.

const DASH = "\u2014";
const MINUS = "\u2212";
const DAY = 86400000;

const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);
const streams = {};

async function inflate(id) {
  const text = $(id).textContent;
  if (!text) return new Uint8Array(0);
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Values of a packed list: numbers, null where undefined, undefined where there is none. Unpacked once.
function unpack(stream, packed) {
  if (packed.values) return packed.values;
  const bytes = streams[stream];
  const values = new Array(packed.n);
  const scale = packed.step < 1 ? Math.round(1 / packed.step) : 0;
  let at = packed.at;
  let last = 0;
  for (let i = 0; i < packed.n; i++) {
    let code = 0;
    let weight = 1;
    let byte;
    do {
      byte = bytes[at++];
      code += (byte & 0x7f) * weight;
      weight *= 128;
    } while (byte >= 0x80);
    if (code < 2) {
      values[i] = code === 1 ? null : undefined;
      continue;
    }
    const zigzag = code - 2;
    last += zigzag % 2 ? -(zigzag + 1) / 2 : zigzag / 2;
    values[i] = scale ? last / scale : last * packed.step;
  }
  packed.values = values;
  return values;
}

const points = (stream, curve) => ({ t: unpack(stream, curve.t), v: unpack(stream, curve.v) });

const formatters = new Map();
function number(value, decimals) {
  if (value === null || value === undefined || !isFinite(value)) return DASH;
  if (!formatters.has(decimals)) {
    formatters.set(decimals, new Intl.NumberFormat("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals }));
  }
  const text = formatters.get(decimals).format(Math.abs(value));
  return (value < 0 && /[1-9]/.test(text) ? MINUS : "") + text;
}

// A value of a sweep's metric with its unit.
function measured(value, metric) {
  const text = number(metric.percent && value !== null && value !== undefined ? value * 100 : value, metric.decimals);
  return text === DASH || !metric.unit ? text : text + "\u00a0" + metric.unit;
}

// A parameter's value as short as it can be written.
const short = (value) => String(value).replace("-", MINUS);

// A time in milliseconds as its date, with the time of day unless it is midnight.
function moment(ms) {
  const text = new Date(ms).toISOString();
  return ms % DAY === 0 ? text.slice(0, 10) : text.slice(0, 10) + " " + text.slice(11, 16);
}

// Index of the first time at or after `ms`.
function lowerBound(times, ms) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
