//! The Portal in a real browser: what a person does, hostile text, accessibility, and pictures to be looked at.

mod driver;
mod pages;
mod webdriver;
mod work;
