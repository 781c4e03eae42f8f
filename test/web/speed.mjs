// SPDX-License-Identifier: Apache-2.0
// How long a page of many calls takes to show, and its frames while it zooms. Run by hand, on a
// quiet machine, with the environment that run.py makes:
//     MODULES=.../node_modules node test/web/speed.mjs PAGE.html
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const { chromium } = createRequire(join(process.env.MODULES, 'any.js'))('playwright-core');
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
for (let run = 0; run < 5; run++) {
	const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
	// The work of each frame, not the waiting between them: what else the machine does is not its.
	await page.addInitScript(() => {
		window.works = [];
		const real = window.requestAnimationFrame.bind(window);
		window.requestAnimationFrame = (draw) => real((at) => {
			const began = performance.now();
			draw(at);
			window.works.push(performance.now() - began);
		});
	});
	await page.goto(pathToFileURL(resolve(process.argv[2])).href);
	await page.waitForSelector('canvas[data-drawn]');
	const drawn = await page.evaluate(() => performance.getEntriesByName('drawn')[0].startTime);
	await page.evaluate(() => (window.works = []));
	const box = await page.locator('canvas').boundingBox();
	for (let i = 0; i < 8; i++) {
		await page.mouse.click(box.x + box.width * (0.11 * i + 0.05), box.y + 10 + 20 * Math.min(i, 3));
		await page.waitForTimeout(400);
		if (i % 3 === 2) await page.keyboard.press('Home');
	}
	const works = await page.evaluate(() => window.works);
	works.sort((a, b) => a - b);
	const frame = (part) => works[Math.floor((works.length - 1) * part)].toFixed(1);
	console.log(`drawn after ${Math.round(drawn)} ms; ${works.length} frames: middle ${frame(0.5)} ms, of a hundred ${frame(0.99)} ms, longest ${frame(1)} ms`);
	await page.close();
}
await browser.close();
