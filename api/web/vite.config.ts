import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

// `RISK_API` is the service that the development server asks; a built workbench is served by the service itself.
const service = process.env.RISK_API ?? 'http://127.0.0.1:8000'

export default defineConfig({
  base: '/ui/',
  plugins: [vue()],
  resolve: { alias: { '@': new URL('./src', import.meta.url).pathname } },
  server: {
    host: '127.0.0.1',
    proxy: Object.fromEntries(['/api', '/healthz', '/readyz', '/docs', '/openapi.json'].map((path) => [path, { target: service }])),
  },
  build: {
    target: 'es2022',
    sourcemap: false,
    chunkSizeWarningLimit: 1200,
    rollupOptions: {
      output: {
        manualChunks(id: string) {
          if (!id.includes('node_modules')) return undefined
          if (/\/(echarts|zrender)\//.test(id)) return 'charts'
          if (/\/(@codemirror|@lezer|style-mod|w3c-keyname|crelt)\//.test(id)) return 'editor'
          if (/\/(element-plus|@element-plus|@floating-ui|async-validator|dayjs|lodash)/.test(id)) return 'elements'
          if (/\/(vue|@vue|vue-router|pinia|vue-i18n|@intlify)\//.test(id)) return 'vue'
          return undefined
        },
      },
    },
  },
})
