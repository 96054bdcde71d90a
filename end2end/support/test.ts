// Gives every journey its people, and fails it when the browser complains.
import { test as base, expect, type Browser, type Page } from "@playwright/test";
import { type Role, signIn } from "./people";

type Cookies = Awaited<ReturnType<ReturnType<Page["context"]>["cookies"]>>;

interface Fixtures {
  /** Makes the page that of a person with this role, signed in. */
  be: (role: Role) => Promise<void>;
  complaints: string[];
}

// Signing in takes a second on purpose; each person does it once per run of a project.
const signedIn = new Map<string, Cookies>();

export const test = base.extend<Fixtures>({
  be: async ({ page }, use, info) => {
    await use(async (role) => {
      const key = `${info.project.name} ${role}`;
      const cookies = signedIn.get(key);
      if (cookies) {
        await page.context().addCookies(cookies);
      } else {
        await signIn(page, role);
        signedIn.set(key, await page.context().cookies());
      }
    });
  },

  // A page whose two halves disagree says so in the console, and works all the same for a while.
  complaints: [
    async ({ page, javaScriptEnabled }, use) => {
      const complaints: string[] = [];
      // Without a script nobody runs the wasm that the page offers; it need not be fetched either.
      if (!javaScriptEnabled) await page.route("**/*.wasm", (route) => route.abort());
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("console", (message) => {
        const expected = message.text().startsWith("Failed to load resource");
        if (["error", "warning"].includes(message.type()) && !expected) complaints.push(message.text());
      });
      await use(complaints);
      if (javaScriptEnabled) expect(complaints, "what the browser complained about").toEqual([]);
    },
    { auto: true },
  ],
});

/** Opens a page of somebody else's browser, and closes it afterwards. */
export async function inAnotherBrowser<T>(
  browser: Browser,
  role: Role,
  look: (page: Page) => Promise<T>,
): Promise<T> {
  const context = await browser.newContext({ baseURL: test.info().project.use.baseURL });
  try {
    const page = await context.newPage();
    await signIn(page, role);
    return await look(page);
  } finally {
    await context.close();
  }
}

export { expect };
