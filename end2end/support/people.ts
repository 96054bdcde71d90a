// Signs people in: one account per role, as `feedgate demo` makes and prints them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Page, expect } from "@playwright/test";
import { dataDir } from "./place";

export type Role = "admin" | "staff" | "manager" | "partner";

interface Account {
  role: Role;
  email: string;
  password: string;
}

function account(role: Role): Account {
  const file = join(import.meta.dirname, "..", dataDir, "demo-accounts.json");
  const accounts: Account[] = JSON.parse(readFileSync(file, "utf-8"));
  const found = accounts.find((account) => account.role === role);
  if (!found) throw new Error(`the demo has no ${role}`);
  return found;
}

/** Signs in through the form, as a person does, and waits for the first page behind it. */
export async function signIn(page: Page, role: Role): Promise<void> {
  const { email, password } = account(role);
  await page.goto("/sign-in");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).not.toHaveURL(/sign-in/);
}
