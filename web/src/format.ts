// Quantities, worded as dowse's text words them.

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

export function count(value: number): string {
	return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, ',');
}

export function bytes(value: number): string {
	let size = Math.abs(value);
	let unit = 0;
	while (unit + 1 < UNITS.length && size >= (unit ? 1023.5 : 1024)) {
		size /= 1024;
		unit++;
	}
	const digits = unit && size < 9.95 ? 1 : 0;
	return `${value < 0 ? '−' : ''}${size.toFixed(digits)} ${UNITS[unit]}`;
}

export function signed(value: number, text: (value: number) => string): string {
	return value > 0 ? `+${text(value)}` : value < 0 ? `−${text(-value)}` : text(0);
}

export function duration(seconds: number): string {
	const whole = Math.floor(seconds);
	if (seconds < 1e-6) return `${Math.round(seconds * 1e9)} ns`;
	if (seconds < 1e-3) return `${Math.round(seconds * 1e6)} µs`;
	if (seconds < 1) return `${(seconds * 1e3).toFixed(seconds < 0.00995 ? 1 : 0)} ms`;
	if (whole < 60) return `${whole} s`;
	if (whole < 3600) return `${Math.floor(whole / 60)} min`;
	if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
	return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

export function durations(range: [number, number] | null | undefined): string {
	if (!range) return '';
	const [low, high] = range.map(duration);
	return low === high ? low : `${low} to ${high}`;
}

export function plural(value: number, one: string, many = `${one}s`): string {
	return `${count(value)} ${value === 1 ? one : many}`;
}

export function percent(part: number, whole: number): string {
	const value = whole ? (100 * part) / whole : 0;
	return `${value.toFixed(Math.abs(value) < 9.95 ? 1 : 0)} %`;
}

// A value of a profile, by its unit.
export function measured(value: number, unit: string): string {
	const text = unit === 'bytes' ? bytes
		: unit === 'nanoseconds' ? (ns: number) => duration(ns / 1e9)
		: count;
	return value < 0 ? `−${text(-value)}` : text(value);
}

// "shop.go:12" of a path.
export function place(file: string | null, line: number | null): string {
	if (!file) return '';
	const name = file.slice(file.lastIndexOf('/') + 1);
	return line ? `${name}:${line}` : name;
}

// "net/http.(*Server).Serve" without the way to its package: "http.(*Server).Serve".
export function shortName(name: string): string {
	const end = name.search(/[([{]/);
	const head = end < 0 ? name : name.slice(0, end);
	return name.slice(head.lastIndexOf('/') + 1);
}

// What a name would do to the text around it: turned into what can be seen.
export function plain(text: string): string {
	return text.replace(
		/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
		(c) => (c === '\n' ? '↵' : c === '\t' ? '→' : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
	);
}

// Of several lines, which stay lines.
export function lines(text: string, limit = 20000): string {
	return text.slice(0, limit).split('\n').map((line) => line.split('\t').map(plain).join('\t')).join('\n');
}

const LONG = 2000;

// The same, and no longer than anybody reads.
export function safe(text: string | null | undefined, limit = LONG): string {
	if (text == null) return '';
	return text.length > limit ? `${plain(text.slice(0, limit))}… (${count(text.length)} characters)` : plain(text);
}
