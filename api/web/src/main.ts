import { createPinia } from 'pinia'
import { createApp } from 'vue'
import elements from './elements'
import './styles/base.css'
import App from './App.vue'
import { i18n } from './i18n/words'
import { router } from './router'

createApp(App).use(createPinia()).use(i18n).use(elements).use(router).mount('#app')
