import js from "@eslint/js";
import globals from "globals";

export default [
  {
    files: ["pages/static/**/*.js"],
    ...js.configs.recommended,
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: globals.browser },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      ...js.configs.recommended.rules,
      "no-unused-vars": "error",
      eqeqeq: ["error", "always", { null: "ignore" }], // `== null` means null or undefined
      "prefer-const": "error",
      "no-var": "error",
    },
  },
];
