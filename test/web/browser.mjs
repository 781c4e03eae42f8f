// SPDX-License-Identifier: Apache-2.0
// A browser in which a page may do nothing but show itself; what is checked is told as it is done.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { MODULES, WORK, SOURCE_DIR, DOWSE } = process.env;
const require = createRequire(join(MODULES, 'any.js'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const EXECUTABLES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const PATIENCE = 60000;
const tests = [];
let browser;
let files = 0;

export const test = (name, run) => tests.push([name, run]);

// A page with documents in it, as src/report/page.c writes it.
export function pageOf(...documents) {
	const bundle = readFileSync(join(SOURCE_DIR, 'web/dist/page.html'), 'utf8');
	const escaped = documents.map((one) => JSON.stringify(one).replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`));
	const elements = escaped.map((one) => `<script type="application/json">${one}</script>\n`).join('');
	return keep(bundle.replace('<!--documents-->\n', () => elements));
}

export function keep(html) {
	const path = join(WORK, `page-${files++}.html`);
	writeFileSync(path, html);
	return path;
}

// What dowse writes about a text.
export function dowse(text, verb, ...options) {
	const path = join(WORK, `text-${files++}`);
	writeFileSync(path, text);
	try {
		return execFileSync(DOWSE, [...verb, path, ...options], { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'inherit'] });
	} catch (error) {
		if (error.status === 3) return error.stdout;
		throw error;
	}
}

// Opens the page of a file for `use`; whatever it asks of others, or complains of, fails the test.
export async function show(path, use, options = {}) {
	const context = await browser.newContext({ viewport: { width: options.width ?? 1100, height: 800 }, colorScheme: options.scheme ?? 'light', javaScriptEnabled: options.script ?? true });
	const complaints = [];
	const page = await context.newPage();
	page.setDefaultTimeout(PATIENCE);
	page.on('console', (message) => {
		if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
	});
	page.on('pageerror', (error) => complaints.push(String(error)));
	page.on('dialog', (dialog) => {
		complaints.push(`dialog ${dialog.message()}`);
		void dialog.dismiss();
	});
	page.on('request', (request) => {
		if (!request.url().startsWith(pathToFileURL(path).href)) complaints.push(`request ${request.url().slice(0, 200)}`);
	});
	try {
		await page.goto(pathToFileURL(path).href);
		if (options.script ?? true) await page.waitForSelector('#content');
		const result = await use(page);
		assert.deepEqual(complaints, []);
		return result;
	} finally {
		await context.close();
	}
}

// What axe-core finds wrong with what is shown now.
export async function violations(page) {
	await page.evaluate(axe);
	const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
	return found.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(' | ')}`);
}

// Some of them, by a part of their name: node page.mjs WORDS.
export async function run() {
	const wanted = tests.filter(([name]) => name.includes(process.argv[2] ?? ''));
	let passed = 0;
	const executable = EXECUTABLES.find((path) => {
		try {
			return readFileSync(path, { flag: 'r' }).length > 0;
		} catch {
			return false;
		}
	});
	browser = await chromium.launch({ executablePath: executable ?? 'chromium', timeout: PATIENCE, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
	for (const [name, one] of wanted) {
		const began = Date.now();
		try {
			await one();
			passed++;
			console.log(`ok    ${name} (${Date.now() - began} ms)`);
		} catch (error) {
			console.log(`FAIL  ${name}\n${error?.stack ?? error}`);
		}
	}
	await browser.close();
	console.log(`${passed} passed, ${wanted.length - passed} failed`);
	process.exitCode = passed === wanted.length && passed ? 0 : 1;
}
