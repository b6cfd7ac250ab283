/** Words that the demo world is made of; lists only, invented or so common that they name nobody. */
export const FIRST_NAMES: readonly string[] = words(`
  Ada Aiko Alan Alejandra Amélie Amina Anders Ana Anil Anja Antonio Astrid Ayesha Bea Benoît Bianca Bruno Camila Carl Carmen
  Chen Chiara Clara Daniel Daiki David Deepa Diego Dilnoza Dora Eduardo Elena Elif Emma Erik Eva Fabio Fatima Felix Finn
  Francesca Freya Gabriel Georg Grace Greta Hana Hannah Haruto Heike Henrik Hugo Ibrahim Ida Ines Ingrid Isabel Ivan Jack Jana
  Javier Jelena Joana Johan Jonas José Julia Jürgen Kaja Karin Kenji Kofi Laura Lea Leon Liam Lin Linda Lucía Luis Magda Malik
  Marco Maria Marta Mateo Maya Mei Mia Michał Miguel Mina Mohamed Nadia Naomi Nia Nils Nina Noah Nora Olga Oliver Omar Oskar
  Pablo Paula Pedro Petra Priya Rafael Raj Renée Rosa Ruth Sakura Samir Sara Sebastian Selma Sofia Sören Stefan Sunita Tariq
  Teresa Théo Thomas Tim Tomás Ulla Uma Valentina Vera Victor Walid Wanda Xenia Yara Yuki Yusuf Zara Zoé`)

export const LAST_NAMES: readonly string[] = words(`
  Abe Acosta Adeyemi Ahlberg Ahmed Almeida Andersson Aoki Bakker Banerjee Barbieri Bauer Becker Bernard Bianchi Blanc Brandt
  Brown Byrne Campbell Carvalho Castro Chan Chopra Cohen Conti Cooper Costa Cruz Dąbrowski Dahl Das Davies Delgado Demir Desai
  Diaz Dubois Dupont Edwards Eriksson Evans Farouk Fernández Ferrari Fischer Fontaine Foster Fuchs Fujita García Gerber Gill
  Gomes González Graf Green Gupta Haas Hall Hansen Hashimoto Hernández Herrmann Hoffmann Holm Hughes Ito Ivanova Jansen Jensen
  Johansson Jones Kaiser Kapoor Kato Keller Khan Kim King Klein Kobayashi Koch Kowalski Kraus Kumar Lambert Larsen Lee Lehmann
  Leroy Lewis Lindqvist López Lopes Lund Maier Mancini Marino Martin Martínez Mehta Meier Mendes Meyer Mitchell Moore Morales
  Moreau Mori Müller Murphy Nakamura Nguyen Nielsen Novak Nowak Núñez O'Brien Ochoa Oliveira Olsen Öztürk Palmer Park Patel
  Pereira Perez Petersen Pham Phillips Popescu Ramos Reddy Reyes Ricci Richter Roberts Rodríguez Romano Rossi Roux Ruiz Russo
  Sánchez Santos Sato Schmidt Schneider Schulz Sharma Silva Singh Smith Sousa Stein Suzuki Svensson Tanaka Taylor Thompson
  Torres Tran Turner Vargas Vasquez Vogel Wagner Walker Wang Weber Weiss White Wilson Wójcik Wolf Wong Wright Yamada Yang Yılmaz
  Young Zhang Ziegler Zimmermann`)

/** Three of these, one of each, make a brand. */
export const BRAND_STARTS: readonly string[] = words(`
  Al Am Ar As Au Bel Ben Bor Cal Cel Cor Dal Del Dor El Em Er Fal Fin For Gal Gen Hal Hel Ion Jun Kal Kel Kor Lan Lor Lum Mal
  Mer Nor Nov Ol Or Pal Per Quin Ral Ros Sal Sel Sol Tal Ter Tor Ul Val Vel Ver Wes Xan Zen`)
export const BRAND_MIDDLES: readonly string[] = words(`
  a ae an ar da de do e en er eva i ia in io la le li lo ma me mi na ne ni no o on or ra re ri ro sa se si ta te ti u va ve vi`)
export const BRAND_ENDS: readonly string[] = words(`
  bright cor dex don dyn fall field gard gen grid lane lis lux mark mont nex nor nova path point port quest rix rock sen son
  star stone tec ter tis tron vance vant vex via wave wood zon`)

/** What an organisation does, and the words by which its name may say so. */
export const INDUSTRIES: readonly { readonly name: string; readonly words: readonly string[] }[] = [
  { name: 'logistics', words: ['Logistics', 'Freight', 'Transport', 'Shipping'] },
  { name: 'manufacturing', words: ['Machines', 'Tools', 'Works', 'Components'] },
  { name: 'retail', words: ['Retail', 'Stores', 'Markets', 'Trading'] },
  { name: 'software', words: ['Software', 'Systems', 'Digital', 'Data'] },
  { name: 'health', words: ['Health', 'Medical', 'Pharma', 'Care'] },
  { name: 'energy', words: ['Energy', 'Power', 'Solar', 'Grid'] },
  { name: 'finance', words: ['Finance', 'Capital', 'Insurance', 'Advisory'] },
  { name: 'food', words: ['Foods', 'Bakery', 'Farms', 'Beverages'] },
  { name: 'construction', words: ['Construction', 'Building', 'Engineering', 'Concrete'] },
  { name: 'media', words: ['Media', 'Studios', 'Print', 'Events'] },
]

export const STREETS: readonly string[] = words(`
  Industrial-Park Mill-Lane Harbour-View Church-Street Park-Avenue Airport-Road Market-Square Garden-Way River-Side Castle-Hill`).map((name) => name.replace('-', ' '))

/** Hosts of private mailboxes. */
export const PRIVATE_MAIL_HOSTS: readonly string[] = [
  'postbox.example', 'freemail.example', 'inbox.example', 'webpost.example', 'mymail.example',
]
export const SHARED_MAILBOXES: readonly string[] = ['info', 'office', 'contact', 'service']
export const PAYABLE_MAILBOXES: readonly string[] = ['ap', 'invoices', 'accounting', 'billing', 'finance']

export const PRODUCTS: readonly string[] = [
  'Edge sensor 4-channel', 'Edge sensor 8-channel', 'Gateway compact', 'Gateway rack', 'Flow meter', 'Level probe',
  'Pressure cell', 'Relay block', 'Power supply 24 V', 'Cable set 5 m', 'Mounting kit', 'Display unit', 'Licence, one year',
  'Licence, three years', 'Calibration', 'Service visit', 'Spare battery', 'Antenna, outdoor', 'Housing IP67',
  'Starter package',
]
export const SUBJECTS: readonly string[] = [
  'Sensor shows no data', 'Cannot sign in', 'Delivery is late', 'Wrong amount on invoice', 'How do I export readings?',
  'Gateway restarts every hour', 'Please add a user', 'Calibration certificate missing', 'Firmware update fails',
  'Alarm mails arrive twice', 'Question about the licence', 'Device damaged on arrival', 'Slow dashboard', 'Change of address',
  'Request for a quote',
]
export const EMPLOYEES: readonly string[] = [
  'Ines Okafor', 'Tomas Lindqvist', 'Maria Conti', 'David Osei', 'Hannah Kim', 'Luis Ferreira', 'Priya Raman', 'Jonas Weber',
  'Aisha Bello', 'Ben Carter', 'Chloé Martin', 'Dmitri Volkov', 'Elsa Nyström', 'Farid Haddad', 'Gloria Mensah', 'Hiro Tanabe',
  'Ivana Petrović', 'Jorge Salas', 'Katya Melnyk', 'Leo Santoro', 'Mona Aziz', 'Nils Berger', 'Oona Virtanen', 'Paulo Teixeira',
]
export const LANDING_PAGES: readonly string[] = [
  '/', '/products', '/products/edge-sensor', '/products/gateway', '/pricing', '/blog/how-to-calibrate', '/blog/why-edge',
  '/webinar', '/support', '/contact', '/careers', '/download/whitepaper',
]

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/)
}
