// How pages are validated with html-validate (https://html-validate.org).
export default {
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    "long-title": "off", // a headline is as long as the press office wrote it
    "tel-non-breaking": "off", // the stylesheet keeps numbers on one line, and they are copied with plain spaces
  },
};
