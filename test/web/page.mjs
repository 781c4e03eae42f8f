// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { dowse, keep, pageOf, run, show, test, violations } from './browser.mjs';
import { collections, diagnosis, dump, finding, flame, goroutines, group, growth, holders, leaky, types } from './samples.mjs';

const LEAKY_DUMP = dump(['main.one', 'main.one', 'main.(*Two).wait', 'main.three.func1']);
const text = (page, selector) => page.locator(selector).first().innerText();
const count = (page, selector) => page.locator(selector).count();

test('a dump becomes a page that says what the text and the JSON say', async () => {
	const page = keep(dowse(LEAKY_DUMP, [], '--format', 'html'));
	const json = JSON.parse(dowse(LEAKY_DUMP, [], '--format', 'json'));
	const words = dowse(LEAKY_DUMP, []).replace(/\s+/g, ' ');
	assert.ok(json.findings.length > 0);
	await show(page, async (page) => {
		assert.equal(await text(page, 'h1'), json.verdict);
		assert.ok(words.includes(json.verdict), words);
		assert.equal(await count(page, 'article'), json.findings.length);
		const shown = await page.locator('article h3').allInnerTexts();
		assert.deepEqual(shown, json.findings.map((one) => one.title));
		assert.match(await page.title(), /text-\d+.*: /);
	});
});

test('a finding has its certainty, place, why, fix and path', async () => {
	await show(pageOf(leaky), async (page) => {
		const first = page.locator('article').first();
		const said = await first.innerText();
		for (const words of ['likely', 'L27 map-without-limit', 'session', 'Why', 'Fix', 'holds 3.2 MiB', '+86 MiB an hour', 'watch1.go:26', 'http.ServeMux'])
			assert.ok(said.toLowerCase().includes(words.toLowerCase()), `${words} in ${said}`);
		assert.equal(await first.locator('.path li').count(), 4);
		assert.match(await first.locator('.excerpt .here').innerText(), /26\s+byID\[id\] = session/);
		assert.match(said, /may have changed since/);
		assert.match(await page.locator('article').nth(3).innerText(), /Look again after a while/);
		assert.match(await text(page, '#memory'), /15 MiB resident.*128 MiB of 256 MiB/);
		assert.ok((await count(page, '#memory tbody tr')) >= 8);
	});
});

test('the search and the choice of a certainty narrow the findings', async () => {
	await show(pageOf(diagnosis([0, 1, 2, 3, 4, 5].map((i) => finding(i)))), async (page) => {
		await page.getByLabel('Search findings').fill('WATCH4 cart');
		await page.waitForFunction(() => document.querySelectorAll('article').length === 1);
		assert.match(await text(page, '#findings [role=status]'), /1 of 6/);
		await page.getByLabel('Search findings').fill('');
		await page.getByRole('button', { name: 'proved 2' }).click();
		await page.waitForFunction(() => document.querySelectorAll('article').length === 2);
		assert.equal(await page.getByRole('button', { name: 'proved 2' }).getAttribute('aria-pressed'), 'true');
	});
});

test('the groups of goroutines open, by mouse and by keys, and can be searched', async () => {
	await show(pageOf(goroutines), async (page) => {
		assert.match(await text(page, 'h1'), /2,091 goroutines in 3 groups/);
		const second = page.locator('details.group').nth(1);
		assert.match(await second.locator('summary').innerText(), /699[\s\S]*chan receive[\s\S]*main\.work1[\s\S]*never wakes[\s\S]*1 s to 1 min/);
		await second.locator('summary').click();
		assert.match(await second.locator('.stack').innerText(), /runtime\.gopark[\s\S]*main\.work1\s+work1\.go:12[\s\S]*main\.serve/);
		assert.match(await second.innerText(), /0xc000012345 \(0 of 1, 1 receiver, 0 senders\)/);
		await page.locator('details.group').nth(2).locator('summary').focus();
		await page.keyboard.press('Enter');
		assert.match(await page.locator('details.group').nth(2).innerText(), /… 50 more …/);
		await page.getByLabel('Search stacks').fill('work2');
		await page.waitForFunction(() => document.querySelectorAll('details.group').length === 1);
		assert.match(await text(page, '#goroutines [role=status]'), /698 goroutines match/);
	});
});

test('it can be read and used by keys alone, and skipped through', async () => {
	await show(pageOf(leaky), async (page) => {
		await page.keyboard.press('Tab');
		assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the report');
		await page.keyboard.press('Tab');
		assert.equal(await page.evaluate(() => document.activeElement.getAttribute('href')), '#findings');
		assert.equal(await count(page, 'main'), 1);
		assert.equal(await count(page, 'h1'), 1);
	});
});

const LOOKS = [{ scheme: 'light' }, { scheme: 'dark' }, { scheme: 'light', width: 400 }];
const STACKS = [
	[['main.main', 'main.store', 'github.com/x/y.Put'], 600],
	[['main.main', 'main.store'], 100],
	[['main.main', 'net/http.Serve', 'main.store'], 200],
	[['runtime.mcall'], 100],
];
const profile = flame(STACKS);
const KINDS = { diagnosis: leaky, goroutines, types, holders, growth, collections, profile };
for (const [name, sample] of Object.entries(KINDS)) {
	test(`${name}: nothing for axe-core to find, nothing cut off, light, dark and 400 px wide`, async () => {
		const path = pageOf(sample);
		const papers = [];
		for (const look of LOOKS) {
			await show(path, async (page) => {
				assert.deepEqual(await violations(page), []);
				assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'it is wider than the window');
				papers.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
				// A picture of one colour is a few hundred bytes.
				assert.ok((await page.screenshot()).length > 8000);
			}, look);
		}
		assert.notEqual(papers[0], papers[1]);
	});
}

test('types can be sorted by each column, and searched', async () => {
	await show(pageOf(types), async (page) => {
		const first = () => page.locator('#types tbody tr').first().innerText();
		assert.match(await text(page, 'h1'), /5\.2 MiB in 27,504 objects/);
		assert.match(await first(), /http\.Server/);
		await page.getByRole('button', { name: 'bytes', exact: true }).click();
		await page.waitForSelector('th[aria-sort=descending] >> text=bytes');
		assert.match(await first(), /unknown, 112 bytes each\s+43\s+48 KiB/);
		await page.getByRole('button', { name: /^bytes/ }).click();
		await page.waitForSelector('th[aria-sort=ascending] >> text=bytes');
		assert.match(await first(), /http\.Server/);
		await page.getByLabel('Search types').fill('main.');
		await page.waitForFunction(() => document.querySelectorAll('#types tbody tr').length === 2);
	});
});

test('what tests leave behind, and in which processes', async () => {
	const tests = diagnosis([finding(0, { test: 'TestCheckout/retry' })], {
		left: [{ ...finding(0), test: 'TestCart', count: 3, state: 'select', created_by: null, example: 7 }],
		processes: [{ report: 'a.json', package: 'example.com/shop/cart', module: 'example.com/shop', exe: 'cart.test', go: 'go1.26.8', uptime_s: 3, finding_count: 1, left_count: 1 }],
	});
	await show(pageOf(tests), async (page) => {
		assert.match(await text(page, '#left tbody'), /TestCart\s+3\s+select[\s\S]*watch0/);
		assert.match(await text(page, '#processes tbody'), /example\.com\/shop\/cart\s+1\s+1/);
		assert.match(await text(page, 'article'), /TestCheckout\/retry/);
		assert.deepEqual(await violations(page), []);
	});
});

test('what grew is told with its signs', async () => {
	await show(pageOf(growth), async (page) => {
		assert.match(await text(page, 'h1'), /5\.2 MiB in objects, \+1\.4 MiB since the first look/);
		const rows = await page.locator('#types tbody tr').allInnerTexts();
		assert.match(rows[0], /unknown, 112 bytes each\s+\+42\s+\+48 KiB\s+10 bytes/);
		assert.match(rows[rows.length - 1], /string[\s\S]*−500 bytes/);
	});
});

test('a holder is a tile as large as what it holds, and says what that is', async () => {
	await show(pageOf(holders), async (page) => {
		const tiles = page.locator('.tile');
		assert.equal(await tiles.count(), 3);
		const areas = await tiles.evaluateAll((all) => all.map((one) => one.getBoundingClientRect()).map((box) => box.width * box.height));
		// To a twentieth: borders and whole pixels.
		assert.ok(Math.abs(areas[0] / areas[1] / (2777968 / 392832) - 1) < 0.05, String(areas));
		assert.match(await text(page, '.parts'), /main\.sessions[\s\S]*main\.Session 558, 2\.6 MiB, 98 %/);
		await page.getByRole('button', { name: /558 goroutines at main\.\(\*Cart\)\.watch\.func1 cart\.go:26/ }).press('Enter');
		await page.waitForFunction(() => /runtime\.g 558/.test(document.querySelector('.parts').innerText));
	});
});

test('collections are a curve', async () => {
	await show(pageOf(collections), async (page) => {
		assert.match(await text(page, 'h1'), /live heap grows/);
		const points = (await page.locator('polyline.live').getAttribute('points')).split(' ').map((one) => one.split(',').map(Number));
		assert.equal(points.length, 60);
		assert.ok(points.every(([x, y], i) => !i || (x > points[i - 1][0] && y < points[i - 1][1])));
		assert.match(await page.locator('svg').getAttribute('aria-label'), /from 20 MiB to 79 MiB in 59 s/);
	});
});

const zoomed = (page, to) => page.waitForFunction((to) => document.querySelector('canvas').dataset.zoom === to, String(to));

test('a flame graph says what is under the pointer, and zooms by clicks and keys', async () => {
	await show(pageOf(profile), async (page) => {
		const box = await page.locator('canvas').boundingBox();
		assert.match(await text(page, '.note'), /1000 bytes in 6 calls/);
		// Second row, in the first half: main.store, 700 of 900.
		await page.mouse.move(box.x + box.width * 0.3, box.y + 30);
		await page.waitForFunction(() => /main\.store 700 bytes, 70 %; itself 100 bytes/.test(document.querySelector('.current').innerText));
		await page.mouse.click(box.x + box.width * 0.3, box.y + 30);
		await zoomed(page, 1);
		await page.mouse.move(box.x + box.width * 0.8, box.y + 50);
		await page.waitForFunction(() => /y\.Put 600 bytes/.test(document.querySelector('.current').innerText));
		await page.getByRole('button', { name: 'Zoom out' }).click();
		await zoomed(page, 0);
		await page.getByRole('button', { name: 'Show all' }).click();
		await zoomed(page, -1);
		await page.locator('canvas').focus();
		for (const key of ['ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowDown', 'ArrowRight', 'ArrowDown']) await page.keyboard.press(key);
		await page.waitForFunction(() => /main\.store 200 bytes/.test(document.querySelector('.current').innerText));
		await page.keyboard.press('Enter');
		await zoomed(page, 4);
		await page.keyboard.press('Escape');
		await zoomed(page, 3);
		await page.keyboard.press('Home');
		await zoomed(page, -1);
	});
});

test('a search sums up what it finds, each stack once; functions have their sums', async () => {
	await show(pageOf(profile), async (page) => {
		await page.getByLabel('Search functions').first().fill('main.store');
		await page.waitForFunction(() => /1 function, 900 bytes, 90 %/.test(document.querySelector('#flame [role=status]').innerText));
		await page.waitForSelector('#flame tbody tr');
		const rows = await page.locator('#flame tbody tr').allInnerTexts();
		assert.match(rows[0], /github\.com\/x\/y\.Put\s+600 bytes \(60 %\)\s+600 bytes/);
		assert.ok(rows.some((row) => /main\.store\s+300 bytes \(30 %\)\s+900 bytes \(90 %\)/.test(row)), rows.join());
	});
});

test('a flame graph is drawn: its colours are there, by light and by dark, and of a difference', async () => {
	const difference = flame([[['main.a'], 500], [['main.b', 'main.c'], -300]]);
	for (const [sample, scheme] of [[profile, 'light'], [profile, 'dark'], [difference, 'light']]) {
		await show(pageOf(sample), async (page) => {
			const colours = await page.evaluate(() => {
				const canvas = document.querySelector('canvas');
				const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, Math.min(canvas.height, 40));
				const found = new Map();
				for (let i = 0; i < data.length; i += 4 * 7) if (data[i + 3] === 255) found.set(`${data[i]},${data[i + 1]},${data[i + 2]}`, (found.get(`${data[i]},${data[i + 1]},${data[i + 2]}`) ?? 0) + 1);
				return [...found.values()].filter((count) => count > 100).length;
			});
			assert.ok(colours >= 2, `${colours} colours`);
		}, { scheme });
	}
});

test('calls beyond counting are left out, and it says so', async () => {
	const cut = flame(STACKS);
	Object.assign(cut.flame, { left_out: 12345, left_out_value: 1000 });
	await show(pageOf(cut), async (page) => assert.match(await text(page, '.note'), /2\.0 KiB in 6 calls; 12,345 too small/));
});

// In a name: an end of the element and of an attribute, an escape, a turn of direction.
const HURT = '</script><img src=x onerror="window.hurt=1"><!--<script>window.hurt=2</script>\u0000\u001b[31m\u202egnp.exe\u2066\u0007"\'`${window.hurt=3}';

function poison(value) {
	if (typeof value === 'string') return value + HURT;
	if (Array.isArray(value)) return value.map(poison);
	if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, ['certainty', 'kind', 'change', 'nodes'].includes(key) ? one : poison(one)]));
	return value;
}

async function unhurt(page) {
	await page.evaluate(() => document.querySelectorAll('details').forEach((one) => (one.open = true)));
	const state = await page.evaluate(() => ({
		hurt: window.hurt ?? null,
		images: document.images.length,
		handlers: [...document.querySelectorAll('*')].filter((one) => one.getAttributeNames().some((name) => name.startsWith('on'))).length,
		scripts: document.querySelectorAll('script').length,
		text: document.documentElement.outerHTML,
	}));
	assert.equal(state.hurt, null);
	assert.equal(state.images, 0);
	assert.equal(state.handlers, 0);
	assert.equal(state.scripts, 1);
	// The bundle itself has none of them either, or as escapes.
	assert.doesNotMatch(state.text, /[\u0000\u001b\u202e\u2066\u0007]/);
}

for (const [name, sample] of Object.entries(KINDS)) {
	test(`${name}: names that would be markup, scripts, escapes are text`, async () => {
		await show(pageOf(poison(sample)), unhurt);
		const page = readFileSync(pageOf(poison(sample)), 'utf8');
		assert.equal(page.match(/window\.hurt=1/g).length > 0, true);
		assert.doesNotMatch(page, /<img/);
	});
}

test('a dump with such names does nothing, either', async () => {
	const hostile = dump(['main.</script><img/src=x/onerror=window.hurt=1>', 'main.<!--<script>', 'main.a&lt;b\u202e']);
	await show(keep(dowse(hostile, ['goroutines'], '--format', 'html')), unhurt);
	await show(keep(dowse(hostile, [], '--format', 'html')), unhurt);
});

test('a name of a megabyte is shown in part', async () => {
	const long = `main.${'x'.repeat(1 << 20)}`;
	const one = finding(0, { title: long, function: long, why: long, path: [long], created_by: { function: long, file: long, line: 1 } });
	await show(pageOf(diagnosis([one], { verdict: long })), async (page) => {
		assert.ok((await text(page, 'body')).length < 20000);
		assert.match(await text(page, 'h1'), /1,048,581 characters/);
	});
});

test('a thousand findings take less than a megabyte, and are shown bit by bit', async () => {
	const many = diagnosis(Array.from({ length: 1000 }, (_, i) => finding(i)));
	const path = pageOf(many);
	// Some 850 kB of JSON, and the bundle.
	assert.ok(statSync(path).size <= 1e6, `${statSync(path).size} bytes`);
	await show(path, async (page) => {
		assert.equal(await count(page, 'article'), 40);
		await page.getByRole('button', { name: /Show 40 more of 960/ }).click();
		await page.waitForFunction(() => document.querySelectorAll('article').length === 80);
		await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
		await page.waitForFunction(() => document.querySelectorAll('article').length === 1000);
	});
});

test('on paper every stack is open, and there are no buttons', async () => {
	await show(pageOf(goroutines), async (page) => {
		await page.emulateMedia({ media: 'print' });
		await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
		assert.equal(await count(page, 'details:not([open])'), 0);
		assert.equal(await page.locator('.tools').first().isVisible(), false);
	});
});

test('without scripts it says so; without a report, too', async () => {
	await show(pageOf(leaky), async (page) => assert.match(await text(page, 'noscript'), /may not run here/), { script: false });
	await show(pageOf(), async (page) => assert.match(await text(page, 'main'), /no report/));
});

test('what has no view of its own is shown as it is', async () => {
	const { dowse: version, target } = leaky;
	const other = { dowse: version, target, warnings: ['it may be torn'], objects: [{ type: 'main.T', address: '0xc0', bytes: 64 }], matched: 1234 };
	await show(pageOf(other), async (page) => {
		assert.match(await text(page, '#answer'), /main\.T[\s\S]*0xc0[\s\S]*matched\s*1,234/);
		assert.match(await text(page, '.warning'), /it may be torn/);
		assert.deepEqual(await violations(page), []);
	});
});

test('a document that is not as it should be does not empty the page', async () => {
	const broken = diagnosis([finding(0, { fix: null })]);
	await show(pageOf(broken), async (page) => {
		assert.match(await text(page, '[role=alert]'), /cannot be shown/);
		assert.equal(await count(page, '#memory'), 1);
	});
});

test('groups without a stack, a state or a wait are shown, too', async () => {
	const bare = { ...goroutines, groups: [group(0, { state: null, wait_s: null, stack: [], created_by: null, waiting_for: null, stack_bytes: null, example: null })] };
	await show(pageOf(bare), async (page) => assert.match(await text(page, 'details.group'), /state unknown/));
});

await run();
