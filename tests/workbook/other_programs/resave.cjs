// Open workbooks and save them anew, untouched: node resave.cjs SheetJS|exceljs FROM TO
const [library, from, to] = process.argv.slice(2);
if (library === "SheetJS") {
  const XLSX = require("xlsx");
  const book = XLSX.readFile(from, { cellDates: false, cellNF: true, cellStyles: true });
  XLSX.writeFile(book, to, { compression: true });
} else {
  const book = new (require("exceljs").Workbook)();
  book.xlsx.readFile(from).then(() => book.xlsx.writeFile(to));
}
