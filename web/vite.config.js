// One file comes out of it: web/dist/page.html, in which src/report/page.c puts a report.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { defineConfig } from 'vite';

const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

// The policy allows this very script and style, and nothing else: no request, no other script.
function whole() {
	return {
		name: 'dowse-whole-page',
		enforce: 'post',
		generateBundle(options, bundle) {
			let script = '';
			let style = '';
			for (const [name, item] of Object.entries(bundle)) {
				if (item.type === 'chunk') script += item.code.trim();
				else style += String(item.source).trim();
				delete bundle[name];
			}
			if (/<\/script|<!--/i.test(script) || /<\/style/i.test(style))
				throw new Error('the bundle would end its own element');
			const policy = [
				"default-src 'none'",
				`script-src ${hash(script)}`,
				`style-src ${hash(style)}`,
				"base-uri 'none'",
				"form-action 'none'",
				"require-trusted-types-for 'script'",
				"trusted-types 'none'",
			].join('; ');
			const page = readFileSync(new URL('src/page.html', import.meta.url), 'utf8')
				.replace('{{policy}}', () => policy)
				.replace('{{style}}', () => style)
				.replace('{{script}}', () => script);
			this.emitFile({ type: 'asset', fileName: 'page.html', source: page });
		},
	};
}

export default defineConfig({
	esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
	build: {
		target: 'es2021',
		cssCodeSplit: false,
		modulePreload: false,
		reportCompressedSize: false,
		rollupOptions: {
			input: 'src/main.tsx',
			output: { format: 'iife', entryFileNames: 'page.js', assetFileNames: 'page.css' },
		},
	},
	plugins: [whole()],
});
