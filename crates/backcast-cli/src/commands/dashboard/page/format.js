"use strict";
// Elements and the writing of numbers, times and sizes. Texts from files go through `textContent` alone.

const DASH = "\u2014";
const SPACE = "\u00a0";

const $ = (id) => document.getElementById(id);

// An element with a class and a text.
function make(tag, name, text) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  return element;
}

// Sets a text only where it differs, so that a selection in it lives on.
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const known = (value) => value !== null && value !== undefined && isFinite(value);

const formatters = new Map();
function number(value, decimals = 0) {
  if (!known(value)) return DASH;
  if (!formatters.has(decimals)) {
    formatters.set(decimals, new Intl.NumberFormat("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals }));
  }
  return formatters.get(decimals).format(value);
}

// Three digits that matter: 0.42, 7.51, 43.1, 512, 41,857.
const brief = (value) => number(value, value >= 100 || value === 0 ? 0 : value >= 10 ? 1 : 2);

// 41.9 k, 3.2 M: for places with little room.
function short(value) {
  if (!known(value)) return DASH;
  const [size, letter] = [[1e9, "G"], [1e6, "M"], [1e4, "k"]].find(([least]) => value >= least) || [1, ""];
  return letter ? brief(value / (letter === "k" ? 1e3 : size)) + SPACE + letter : brief(value);
}

function bytes(value) {
  if (!known(value)) return DASH;
  const [size, unit] = [[1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "kB"]].find(([least]) => value >= least) || [1, "B"];
  return brief(value / size) + SPACE + unit;
}

// 4.2 s, 1 min 05 s, 2 h 07 min, 3 d 4 h.
function duration(ms) {
  if (!known(ms)) return DASH;
  const seconds = Math.max(0, ms) / 1000;
  const two = (value) => String(value).padStart(2, "0");
  if (seconds < 1) return Math.round(seconds * 1000) + SPACE + "ms";
  if (seconds < 10) return number(seconds, 1) + SPACE + "s";
  const whole = Math.floor(seconds);
  if (whole < 60) return whole + SPACE + "s";
  if (whole < 3600) return Math.floor(whole / 60) + SPACE + "min" + SPACE + two(whole % 60) + SPACE + "s";
  if (whole < 86400) return Math.floor(whole / 3600) + SPACE + "h" + SPACE + two(Math.floor((whole % 3600) / 60)) + SPACE + "min";
  return Math.floor(whole / 86400) + SPACE + "d" + SPACE + Math.floor((whole % 86400) / 3600) + SPACE + "h";
}

// 1.23 ms, 41.5 s: a time that was measured, in nanoseconds.
function briefTime(ns) {
  if (!known(ns)) return DASH;
  const [size, unit] = [[1e9, "s"], [1e6, "ms"], [1e3, "\u00b5s"]].find(([least]) => ns >= least) || [1, "ns"];
  return brief(ns / size) + SPACE + unit;
}

// Ages are told in whole seconds: they are looked at once a second.
const ago = (ms) => (ms < 2000 ? "just now" : duration(Math.max(0, Math.floor(ms / 1000) * 1000)).replace(/\.0/, "") + SPACE + "ago");

const count = (n, one) => number(n) + " " + one + (n === 1 ? "" : "s");
