import tests from './playwright.config'

export default { ...tests, testDir: 'failing' }
