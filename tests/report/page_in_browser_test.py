"""The report page in a real browser: no errors, all pictures drawn, one zoom and one cursor for all
of them, and the figures of its data. SAMPLE_PAGE: the program that writes hand-made pages."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from browser import Browser, available

# Grid and axes have colours of their own: a chart is drawn if a layer's colour is in it.
DRAWN = '''
const drawn = (chart) => {
  const canvas = chart.graphDiv.querySelector('canvas');
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const colors = new Set(chart.getColors().map((color) => parseInt(color.slice(1), 16)));
  for (let i = 0; i < pixels.length; i += 4)
    if (colors.has(pixels[i] << 16 | pixels[i + 1] << 8 | pixels[i + 2])) return true;
  return false;
};
return charts.map(drawn);
'''

# Where a time of the run is in the window, in the middle of a chart.
PLACE = '''
const [i, time] = arguments, chart = charts[i], area = chart.getArea();
chart.graphDiv.scrollIntoView({ block: 'center' });
const box = chart.graphDiv.getBoundingClientRect();
return [box.left + chart.toDomXCoord(time), box.top + area.y + area.h / 2];
'''

RANGES = 'return charts.map((chart) => chart.xAxisRange().map(Math.round));'


@unittest.skipUnless(available(), 'chromium or chromedriver is not installed')
class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def open(self, name):
        page = os.path.join(self.folder.name, name + '.html')
        if not os.path.exists(page):
            subprocess.run([os.environ['SAMPLE_PAGE'], name, page], check=True)
        self.browser.open(page)
        self.browser.console()

    def place(self, chart, time):
        return self.browser.run(PLACE, chart, time)

    def test_each_page_draws_all_pictures_without_an_error_and_fetches_nothing(self):
        for name, charts in (('simple', 8), ('seeds', 8), ('many', 2 + 2 + 2 * 25)):
            with self.subTest(name):
                self.open(name)
                self.browser.open(os.path.join(self.folder.name, name + '.html'))
                self.assertEqual(self.browser.console(), [])
                self.assertEqual(self.browser.run(DRAWN), [True] * charts)
                fetched = 'return performance.getEntriesByType("resource").map((one) => one.name)'
                self.assertEqual([url for url in self.browser.run(fetched)
                                  if not url.startswith('data:')], [])

    def test_the_cursor_tells_the_values_of_its_second_in_one_chart_and_marks_it_in_all(self):
        self.open('simple')
        self.browser.mouse(self.place(4, 100.5))
        tip = self.browser.run('return document.getElementById("tip").innerText')
        self.assertIn('100 s \u00b7 pm0, postcopy', tip)
        self.assertRegex(tip, r'vm0\s+40\.0 %')
        self.assertRegex(tip, r'host itself\s+25\.0 %')
        self.assertRegex(tip, r'together\s+65\.4 %')
        rows = self.browser.run('return charts.map((chart) => chart.getSelection())')
        self.assertEqual(rows, [100] * 8)

    def test_the_box_with_values_goes_when_the_cursor_leaves(self):
        self.open('simple')
        self.browser.mouse(self.place(4, 100), (5, 5))
        self.assertTrue(self.browser.run('return document.getElementById("tip").hidden'))

    def test_a_drag_over_one_chart_zooms_all_and_a_double_click_shows_the_whole_run(self):
        self.open('simple')
        at = self.place(2, 50)
        self.browser.mouse(at, 'down', self.place(2, 100), self.place(2, 150), 'up')
        for begin, end in self.browser.run(RANGES):
            self.assertAlmostEqual(begin, 50, delta=2)
            self.assertAlmostEqual(end, 150, delta=2)
        self.assertFalse(self.browser.run('return document.getElementById("whole").hidden'))
        at = self.place(5, 100)
        self.browser.mouse(at, 'down', 'up', 'down', 'up')
        self.assertEqual(self.browser.run(RANGES), [[0, 300]] * 8)
        self.assertTrue(self.browser.run('return document.getElementById("whole").hidden'))

    def test_the_button_shows_the_whole_run(self):
        self.open('simple')
        self.browser.mouse(self.place(0, 20), 'down', self.place(0, 200), 'up')
        self.assertNotEqual(self.browser.run(RANGES), [[0, 300]] * 8)
        self.browser.run('document.getElementById("whole").click()')
        self.assertEqual(self.browser.run(RANGES), [[0, 300]] * 8)

    def test_the_table_has_the_figures_of_the_data_and_a_dash_for_what_means_nothing(self):
        self.open('simple')
        rows = self.browser.run('''return [...document.querySelectorAll('#figures tbody tr')]
            .map((row) => [...row.cells].map((cell) => cell.innerText.trim()))''')
        self.assertEqual(rows[0][:4], ['none', '390.2', '\u2013', '\u2013'])
        self.assertEqual(rows[2], ['postcopy', '344.2', '11.8', '48.0', '3.25', '12.5', '14', '212', '1.25',
                                   '0.0625'])

    def test_the_energy_of_each_mode_is_a_bar_of_its_causes_on_one_scale(self):
        self.open('simple')
        parts = self.browser.run('''return [...document.querySelectorAll('#bars rect')].map((part) =>
            [part.textContent, Number(part.getAttribute('width'))])''')
        self.assertEqual(len(parts), 2 * 6)
        self.assertEqual(parts[1][0], 'postcopy, hosts awake: their idle power: 210.4 kJ')
        self.assertAlmostEqual(parts[1][1] / parts[7][1], 210404 / 238777, places=6)

    def test_one_high_second_of_a_long_run_is_drawn_and_told(self):
        self.open('many')
        self.browser.mouse(self.place(4, 3332))
        tip = self.browser.run('return document.getElementById("tip").innerText')
        self.assertRegex(tip, r'highest second\s+140\.0 %')

    def test_of_a_thousand_vms_nine_are_named_and_the_rest_is_summed(self):
        self.open('many')
        legend = self.browser.run('return document.getElementById("vm-legend").innerText')
        self.assertEqual(legend.count('vm'), 9)
        self.assertIn('991 other VMs', legend)

    def test_of_several_seeds_each_is_a_mark_and_the_median_has_its_range(self):
        self.open('seeds')
        marks = 'return document.querySelectorAll("#strips line[opacity]").length'
        self.assertEqual(self.browser.run(marks), (3 + 2) * 200)  # ideal eliminates all of it
        cell = self.browser.run('return document.querySelector(\'[data-mode="postcopy"]'
                                '[data-figure="saved_pct"]\').innerText.split("\\n")')
        self.assertEqual(cell, ['11.1', '9.2 \u2026 13.0', 'paper 11.8'])

    def test_a_name_from_outside_is_text(self):
        self.open('seeds')
        self.assertEqual(self.browser.run('return document.getElementById("title").innerText'),
                         '<b>seeds</b></script>')


@unittest.skipUnless(available(), 'chromium or chromedriver is not installed')
class PageOfARealRun(unittest.TestCase):
    """NEMURI: the binary; the page is the one `nemuri sim` writes."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        out = os.path.join(folder.name, 'out')
        scenario = os.path.join(os.path.dirname(__file__), '../scenarios/paper_simple')
        subprocess.run([os.environ['NEMURI'], 'sim', scenario, '--migration', 'all', '--no-journal',
                        '--out', out], check=True, stdout=subprocess.DEVNULL)
        with open(os.path.join(out, 'summary.json'), encoding='utf-8') as summary:
            cls.runs = json.load(summary)['runs']
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)
        cls.browser.open(os.path.join(out, 'report.html'))

    def test_the_figures_in_the_table_are_those_of_the_summary(self):
        told = self.browser.run('''return [...document.querySelectorAll('#figures [data-value]')]
            .map((cell) => [cell.dataset.mode, cell.dataset.figure, Number(cell.dataset.value)])''')
        shown = {(mode, figure): value for mode, figure, value in told}
        known = {(run['migration'], figure): run[figure] for run in self.runs for figure in
                 ('energy_j', 'saved_pct', 'eliminated_pct', 'lost_cpu_s', 'migrations',
                  'hosts_on_mean', 'downtime_ms_p99', 'slatah_pct', 'pdm_pct') if run[figure] is not None}
        self.assertEqual(shown, known)

    def test_all_pictures_are_drawn_without_an_error(self):
        self.assertEqual(self.browser.console(), [])
        drawn = self.browser.run(DRAWN)
        self.assertEqual(drawn, [True] * len(drawn))

    def test_a_baseline_far_above_the_others_is_left_above_the_pictures_and_said(self):
        said = "return document.getElementById('above-note').textContent"
        self.assertEqual(self.browser.run(said), '')
        self.browser.run("""const on = shownModes.find((one) => one.name === 'none').shown.on;
            on.low = on.mean = on.mean.map(() => 5200);
            sayFarAbove()""")
        self.assertIn('none, with 52 hosts in the mean', self.browser.run(said))

    def test_vm0_is_on_the_server_node_while_it_is_distributed(self):
        shown = self.browser.run('''const mode = data.modes.find((one) => one.name === 'postcopy');
            return mode.shown.cpu[1].vms.find(([vm]) => data.vms[vm] === 'vm0')[1]''')
        self.assertAlmostEqual(shown[50], 800, delta=10)
        self.assertEqual(shown[150], 0)


if __name__ == '__main__':
    unittest.main()
